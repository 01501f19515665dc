// The comparison in a real browser. node check_comparison.mjs PAGE.html SEKIMORI
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, expectTrue, finish, openBrowser, resized, withPage } from "./browser.mjs";
import { pageWith } from "./pages.mjs";
import { HOSTILE } from "./samples.mjs";

const [, , pageFile, sekimori] = process.argv;
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = mkdtempSync(join(tmpdir(), "sekimori-web-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// The program's own comparison of the shipped capture with a list of masscan's, made for it.
const MASSCAN = ["#masscan"];
for (const [host, port] of [["192.0.2.10", 443], ["192.0.2.10", 8443], ["198.51.100.250", 80]])
  MASSCAN.push(`open tcp ${port} ${host} 1795374000`);
const list = join(folder, "masscan.txt");
writeFileSync(list, `${MASSCAN.join("\n")}\n# end\n`);
const call = (...words) =>
  execFileSync(sekimori, [...words, "--store", join(folder, "store")], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8", HOME: folder, TZ: "UTC", SOURCE_DATE_EPOCH: "1800000000" },
  });
call("read", "--net", "192.0.2.0/24", "--net", "2001:db8:1::/48", join(root, "lab/campus.pcap.zst"));
const own = join(folder, "own.html");
call("compare", list, "--format", "html", "-o", own);
const json = JSON.parse(call("compare", list, "--format", "json"));

const bundled = readFileSync(pageFile, "utf8");
const put = (name, data) => {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, pageWith(bundled, JSON.stringify(data)));
  return file;
};
const seen = (n) => ({
  first: "2019-01-02T03:04:05.000Z",
  last: "2019-01-22T03:04:05.000Z",
  packets: n,
  peers: n,
  days: n,
  marks: "",
  knocks: n > 5 ? [] : Array.from({ length: n }, (_, i) => ({
    time: "2019-01-02T03:04:05.000Z", peer: `2001:db8:aaaa:bbbb:cccc:dddd:eeee:${i}`, peer_port: 65535, country: "JP", network: HOSTILE, lists: HOSTILE,
  })),
});
// All that others may write is hostile, and long.
const hostile = put("hostile", {
  ...json,
  scans: [{ source: HOSTILE, tool: HOSTILE, version: HOSTILE.repeat(4), arguments: `${HOSTILE} -p ${"1,".repeat(500)}`, start: null, end: null, inside: true, tells_ports: false, hosts: 1, open: 1 }],
  rows: [
    { address: "2001:db8:1:2222:3333:4444:5555:6666", port: 65535, protocol: "tcp", service: "", active: true, passive: false, covered: true, reason: "only-scanner", scan: { state: "open", time: null, service: `${HOSTILE} ${"x".repeat(300)}` }, seen: seen(4) },
  ],
});
// All ports of a host, and as many rows as a large site has.
const ROWS = 60000;
const many = put("many", {
  ...json,
  ports: Array.from({ length: 65536 }, (_, port) => ({ port, service: "", all: { active: 1, passive: 1 + (port === 77) }, covered: { active: 0, passive: 0 } })),
  rows: Array.from({ length: ROWS }, (_, i) => ({ address: `192.0.${i >> 8}.${i & 255}`, port: 443, protocol: "tcp", service: "https", active: false, passive: true, covered: false, reason: "host-not-scanned", seen: seen(60) })),
  reasons: { ...json.reasons, "host-not-scanned": ROWS },
});
const browser = await openBrowser();

async function sideways(page) {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expectTrue(`no scrolling sideways (${wide} of ${window})`, wide <= window);
}

/** Each reason is there, with as many rows as the data have; and each figure. */
async function againstJson(page) {
  const got = await page.evaluate(() =>
    [...document.querySelectorAll("[id^=why-]")].map((node) => [node.id.slice(4), node.querySelector(".badge").innerText]),
  );
  const wanted = Object.entries(json.reasons).filter(([reason, n]) => n > 0 && reason !== "both");
  expect("reasons and their rows", got.sort(), wanted.map(([reason, n]) => [reason, n.toLocaleString("en-US")]).sort());
  expectTrue("some reasons on both sides", wanted.length >= 3);
  const cells = await page.evaluate(() =>
    [...document.querySelectorAll("#figures tbody tr")].slice(0, 3).map((row) => [...row.querySelectorAll("td")].map((td) => td.innerText)),
  );
  const figure = (name) => ["all", "covered"].flatMap((scope) => ["active", "passive"].map((side) => String(json.figures[scope][side][name])));
  expect("figures", cells, ["hosts", "ports", "services"].map(figure));
}

async function printed(page) {
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  expect(
    "colours on paper",
    await page.evaluate(() => [getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]),
    ["rgb(255, 255, 255)", "rgb(0, 0, 0)"],
  );
  await page.emulateMedia({ media: null });
  const to = join(folder, "printed.pdf");
  await page.pdf({ path: to, preferCSSPageSize: true });
  const text = execFileSync("pdftotext", ["-layout", to, "-"], { encoding: "utf8" });
  for (const wanted of ["masscan.txt", "8443/tcp", "198.51.100.250"]) expectTrue(`on paper: ${wanted}`, text.includes(wanted));
  expect("no words of buttons on paper", text.includes("Show all"), false);
}

await withPage(browser, own, { name: "the program's" }, async (page) => {
  const held = JSON.parse(await page.locator("#data").textContent());
  expect("the same data as --format json", { ...held, made: "" }, { ...json, made: "" });
  await againstJson(page);
});
await withPage(browser, own, { name: "printed" }, printed);
await withPage(browser, hostile, { name: "hostile" }, async (page) => {
  expect(
    "no markup of others",
    await page.evaluate(() => [window.broken ?? null, document.querySelectorAll("img, #report script, #report b").length]),
    [null, 0],
  );
  const shown = (await page.locator("#report").textContent()).split(HOSTILE).length - 1;
  expectTrue(`shown as they are (${shown} times)`, shown >= 12);
});
await withPage(browser, many, { name: "many rows" }, async (page) => {
  expect("all are counted", await page.locator("#why-host-not-scanned .badge").innerText(), ROWS.toLocaleString("en-US"));
  expectTrue("the port of most hosts comes first", (await page.locator("#ports tbody tr").first().innerText()).startsWith("77/tcp"));
});
for (const [name, file] of [["the program's", own], ["hostile", hostile]])
  for (const dark of [false, true])
    await withPage(browser, file, { name, dark }, async (page) => {
      for (const width of [390, 820, 1280]) {
        await resized(page, width);
        await sideways(page);
        if (process.env.SEKIMORI_SHOTS) await page.screenshot({ path: join(process.env.SEKIMORI_SHOTS, `${name.replace(/\W/g, "")}-${dark}-${width}.png`), fullPage: true });
      }
      const paper = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      expect("a white page", paper === "rgb(255, 255, 255)", !dark);
    });
await browser.close();
finish();
