// The html report in a real browser. node check_page.mjs PAGE.html WEB SEKIMORI
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkAgainstJson } from "./against_json.mjs";
import { expect, expectTrue, finish, openBrowser, resized, withPage } from "./browser.mjs";
import { pageWith } from "./pages.mjs";
import { HOSTILE, SAMPLES } from "./samples.mjs";

const [, , pageFile, web, sekimori] = process.argv;
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = mkdtempSync(join(tmpdir(), "sekimori-web-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const bundled = readFileSync(pageFile, "utf8");
const file = {};
for (const [name, make] of Object.entries(SAMPLES)) {
  file[name] = join(folder, `${name}.html`);
  writeFileSync(file[name], pageWith(bundled, JSON.stringify(make())));
}
const browser = await openBrowser();

async function sideways(page) {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expectTrue(`no scrolling sideways (${wide} of ${window})`, wide <= window);
}

/** Labels under the axes that touch each other, and texts that leave their drawing. */
async function crowded(page) {
  const touching = await page.evaluate(() =>
    [...document.querySelectorAll("[aria-label='x-axis tick label'], [aria-label='y-axis tick label']")].flatMap(
      (axis) => {
        const boxes = [...axis.querySelectorAll("text")]
          .filter((text) => text.textContent)
          .map((text) => [text.textContent, text.getBoundingClientRect()]);
        return boxes.flatMap(([text, a], i) =>
          boxes
            .slice(i + 1)
            .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom - 3 && b.top < a.bottom - 3)
            .map(([other]) => `${text}/${other}`),
        );
      },
    ),
  );
  expect("labels of axes that touch", touching, []);
}

/** How far text stands out from paper, as WCAG counts it. */
async function contrasts(page) {
  const low = await page.evaluate(() => {
    const light = (css) =>
      css
        .match(/[\d.]+/g)
        .slice(0, 3)
        .map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const paper = (node) => {
      for (; node; node = node.parentElement) {
        const { backgroundColor: c } = getComputedStyle(node);
        if (!/, 0\)$|transparent/.test(c)) return c;
      }
      return "rgb(255,255,255)";
    };
    const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
    const bars = [...document.querySelectorAll("svg g[aria-label=bar] rect")]
      .slice(0, 60)
      .map((bar) => ["bar", getComputedStyle(bar).fill, paper(bar), 3])
      .filter(([, fill]) => fill.startsWith("rgb"));
    const words = [
      ...document.querySelectorAll(
        "h1, h2, .period, .facts, .about, .note, .value, .card-note, .service, .name, thead button, a, .legend li, .more",
      ),
    ].map((node) => [node.className || node.tagName, getComputedStyle(node).color, paper(node), 4.5]);
    return [
      ...new Set(
        [...bars, ...words]
          .filter(([, a, b, least]) => ratio(a, b) < least)
          .map(([name, a, b]) => `${name}: ${a} on ${b}`),
      ),
    ];
  });
  expect("too little contrast", low, []);
}

async function keyboard(page) {
  const days = SAMPLES.month().days;
  const walk = page.locator("#figure-packets .walk");
  for (let i = 0; i < 40 && !(await walk.evaluate((node) => node === document.activeElement)); i++)
    await page.keyboard.press("Tab");
  expectTrue("the tab key reaches the chart", await walk.evaluate((node) => node === document.activeElement));
  const tip = page.locator("#figure-packets .tip");
  const at = async () => ({
    seen: await tip.innerText(),
    read: await page.evaluate(() =>
      document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.getAttribute("aria-label"),
    ),
  });
  const shows = async (what, day) => {
    const { seen, read } = await at();
    expectTrue(
      `${what}: ${seen} / ${read}`,
      seen.includes(day.packets.toLocaleString("en-US")) && read.includes(day.packets.toLocaleString("en-US")),
    );
  };
  await shows("the first day, at once", days[0]);
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
  await shows("four to the right", days[4]);
  await page.keyboard.press("ArrowLeft");
  await shows("one to the left", days[3]);
  await page.keyboard.press("End");
  await shows("the last", days[30]);
  await page.keyboard.press("ArrowRight");
  await shows("no further", days[30]);
  expectTrue(
    "the tip lies within the window",
    await tip.evaluate((node) => {
      const b = node.getBoundingClientRect();
      return b.left >= 0 && b.right <= innerWidth;
    }),
  );
  await page.keyboard.press("Escape");
  expect("escape hides it", await tip.isVisible(), false);
  await page.locator("#figure-packets [role=option]").nth(23).hover();
  expectTrue("the pointer shows a day", (await tip.innerText()).includes("12,891,423"));
}

async function sorting(page) {
  const ports = SAMPLES.month().ports;
  const column = (i) =>
    page.locator("#ports tbody tr").evaluateAll((rows, at) => rows.map((row) => row.cells[at].innerText.trim()), i);
  const sorts = () =>
    page.locator("#ports thead th").evaluateAll((all) => all.map((th) => th.getAttribute("aria-sort")));
  const most = (key, sign) =>
    [...ports]
      .sort((a, b) => sign * (a[key] - b[key]))
      .slice(0, 20)
      .map((p) => (key === "peers" && p.peers_estimated ? "~" : "") + p[key].toLocaleString("en-US"));
  expect("as it comes", await sorts(), ["none", "descending", "none", "none", "none"]);
  await page.locator("#ports thead button").nth(3).focus();
  await page.keyboard.press("Enter");
  expect("by external hosts, by keyboard", await column(3), most("peers", -1));
  expect("said of the column", await sorts(), ["none", "none", "none", "descending", "none"]);
  await page.keyboard.press("Space");
  expect("the other way round", await column(3), most("peers", 1));
  await page.locator("#ports thead button").nth(0).click();
  expect(
    "by port, by mouse",
    (await column(0)).map((text) => parseInt(text, 10)),
    ports
      .map((p) => p.port)
      .sort((a, b) => a - b)
      .slice(0, 20),
  );
  await page.locator("#ports input").fill("smtp");
  expect("found by name", await column(0), ["25/tcp smtp"]);
  await page.locator("#ports input").fill("");
  await page.locator("#ports .more").click();
  expect("all rows", (await column(0)).length, ports.length);
  await page.locator("#ports .more").click();
  expect("the first again", (await column(0)).length, 20);
}

/** Printed by the browser, and read by poppler: pages, what is opened for paper, and black on white even from dark. */
async function printing(page, name) {
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  expect(
    "colours on paper",
    await page.evaluate(() => [
      getComputedStyle(document.documentElement).backgroundColor,
      getComputedStyle(document.body).color,
    ]),
    ["rgb(255, 255, 255)", "rgb(0, 0, 0)"],
  );
  await page.emulateMedia({ media: null });
  const to = join(folder, `${name}.pdf`);
  await page.pdf({ path: to, preferCSSPageSize: true });
  const info = execFileSync("pdfinfo", [to], { encoding: "utf8" });
  expectTrue("A4", /Page size:\s+59\d\.\d+ x 84\d/.test(info));
  const pages = Number(info.match(/Pages:\s+(\d+)/)[1]);
  expectTrue(`${pages} pages`, pages >= 4 && pages <= 10);
  const text = execFileSync("pdftotext", ["-layout", to, "-"], { encoding: "utf8" });
  for (const wanted of ["57,866,550", "Figure 5", "12,891,423", "59 open ports", "23516/tcp", "AS13335"])
    expectTrue(`on paper: ${wanted}`, text.includes(wanted));
  expect("no words of buttons on paper", text.includes("Show all"), false);
  // A figure is whole on one page: its heading and its last label lie on the same one.
  const sheets = text.split("\f");
  for (const n of [1, 2, 4, 5])
    expectTrue(
      `figure ${n} is on one page`,
      sheets.some((sheet) => new RegExp(`Figure ${n}\\b[\\s\\S]*\\b31\\b`).test(sheet)),
    );
  expect("closed again afterwards", await page.locator("#outliers details[open]").count(), 0);
}

/** Words of the page in English on one that is not. */
async function leftInEnglish(page) {
  const text = await page.locator("body").innerText();
  const english = JSON.parse(readFileSync(join(web, "src/words/en.json"), "utf8"));
  const left = Object.values(english).filter(
    (word) =>
      typeof word === "string" &&
      !word.includes("{") &&
      word.length > 4 &&
      word !== "sekimori" &&
      new RegExp(`(^|[^a-z-])${word.replace(/[.*+?^$()[\]\\|]/g, "\\$&")}($|[^a-z-])`).test(text),
  );
  expect("words left in English", left, []);
}

async function japanese(page) {
  expect("language", await page.evaluate(() => document.documentElement.lang), "ja");
  const text = await page.locator("body").innerText();
  for (const wanted of ["関守", "公開ポート", "外部ホスト", "2019年1月", "注目点", "1,022,500 (1月13日)"])
    expectTrue(`has ${wanted}`, text.includes(wanted));
  await leftInEnglish(page);
  expectTrue(
    "holidays",
    (await page.locator("#figure-packets [role=option]").nth(13).getAttribute("aria-label")).includes("成人の日"),
  );
  expect("hosts are hidden", /163\.209\.\d+\.\d+(?!\/)/.test(text), false);
}

/** Thousands of rows: those out of sight are not laid out, columns stand under their heads, and it is still a table. */
async function manyRows(page) {
  const more = page.locator("#ports .more");
  if ((await page.locator("#ports tbody tr").count()) < 4000) await more.click();
  await page.locator("#ports thead button").nth(3).click();
  const look = () =>
    page.evaluate(() => {
      const table = document.querySelector("#ports table");
      const rows = [...table.tBodies[0].rows];
      const lefts = (row) => [...row.cells].map((cell) => Math.round(cell.getBoundingClientRect().left));
      rows[0].scrollIntoView();
      return {
        rows: rows.length,
        asleep: rows.filter((row) => !row.firstChild.firstChild.checkVisibility({ contentVisibilityAuto: true })).length > 3500,
        under: JSON.stringify(lefts(table.tHead.rows[0])) === JSON.stringify(lefts(rows[0])),
        over: rows.slice(0, 20).some((row) => [...row.cells].some((cell) => cell.scrollWidth > cell.clientWidth + 1)),
      };
    });
  const all = { rows: 4000, asleep: true, under: true, over: false };
  for (const width of [1280, 390, 820]) {
    await resized(page, width);
    expect("many rows", await look(), all);
  }
  expect("a table for who listens", await page.getByRole("table", { name: "Open ports", exact: true }).getByRole("columnheader").count(), 5);
  await page.emulateMedia({ media: "print" });
  expect("on paper all are laid out", await look(), { ...all, asleep: false });
  await page.emulateMedia({ media: null });
  await more.click();
  expect("a plain table again", await page.locator("#ports tbody tr").first().evaluate((tr) => getComputedStyle(tr).display), "table-row");
}

/** Dates over days that stand out one after the other: marks on all, names only where they cover nothing. */
async function datesOver(page, width) {
  await resized(page, width);
  const [marks, names] = await page.evaluate(() => [
    document.querySelectorAll("#figure-packets [aria-label=dot] > *").length,
    [...document.querySelectorAll("#figure-packets [aria-label=text] text")].map((text) => text.textContent).filter((text) => text.includes("Jan")),
  ]);
  expectTrue(`marks (${marks})`, marks >= 3);
  expect("names", names, width > 1000 ? ["24 Jan", "25 Jan", "26 Jan"] : ["24 Jan"]);
}

async function hostileNames(page) {
  expect(
    "no markup of others",
    await page.evaluate(() => [
      window.broken ?? null,
      document.querySelectorAll("img, #report script, #report b").length,
    ]),
    [null, 0],
  );
  const shown = (await page.locator("#report").textContent()).split(HOSTILE).length - 1;
  expectTrue(`shown as they are (${shown} times)`, shown >= 7);
}

await withPage(browser, file.month, { name: "month" }, async (page) => {
  await keyboard(page);
  await sorting(page);
});
await withPage(browser, file.month, { name: "month" }, checkAgainstJson);
await withPage(browser, file.month, { name: "month, printed" }, (page) => printing(page, "month"));
const spiked = SAMPLES.month();
for (const [day, share] of [[23, 1], [24, 0.3], [25, 0.15]]) {
  spiked.days[day].packets = Math.round(12891423 * share);
  spiked.days[day].stands_out = true;
}
file.spiked = join(folder, "spiked.html");
writeFileSync(file.spiked, pageWith(bundled, JSON.stringify(spiked)));
await withPage(browser, file.spiked, { name: "three days that stand out" }, async (page) => {
  for (const width of [1280, 820, 390]) await datesOver(page, width);
});
await withPage(browser, file.year, { name: "year" }, async (page) => {
  await crowded(page);
  await checkAgainstJson(page);
  await manyRows(page);
});
await withPage(browser, file.day, { name: "day" }, async (page) => {
  await checkAgainstJson(page);
  expect("no figures by day", await page.locator("figure").count(), 0);
});
await withPage(browser, file.hostile, { name: "hostile" }, async (page) => {
  await hostileNames(page);
  expect("what cannot be read", await page.locator("#unread li").allTextContents(), SAMPLES.hostile().unread);
  await sideways(page);
});
await withPage(browser, file.anonymised, { name: "Japanese" }, japanese);
await withPage(browser, file.empty, { name: "empty" }, async (page) => {
  expectTrue("says so", (await page.locator("#nothing").innerText()).includes("Nothing was captured"));
  expect("and draws nothing", await page.locator("figure, .card").count(), 0);
});
for (const [name, dark] of [
  ["month", false],
  ["month", true],
  ["year", false],
  ["hostile", false],
  ["anonymised", false],
  ["empty", false],
  ["day", false],
]) {
  await withPage(browser, file[name], { name, dark }, async (page) => {
    for (const width of [390, 820, 1280]) {
      await resized(page, width);
      await sideways(page);
      await crowded(page);
    }
    if (name !== "month") return;
    await contrasts(page);
    expect(
      "a white page",
      (await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)) === "rgb(255, 255, 255)",
      !dark,
    );
  });
}
const broken = join(folder, "broken.html");
writeFileSync(broken, pageWith(bundled, "{"));
await withPage(browser, broken, { name: "broken" }, async (page) =>
  expectTrue("says so", (await page.locator("#report").innerText()).includes("no report")),
);

// The program's own report of the shipped capture.
const environment = {
  LC_ALL: "C.UTF-8",
  HOME: folder,
  TZ: "UTC",
  SEKIMORI_LOCALEDIR: resolve(dirname(sekimori), "../../po"),
};
// Of the month that is going on, a report says how far it has come: both are made at the same moment.
environment.SOURCE_DATE_EPOCH = "1800000000";
const store = ["--store", join(folder, "store")];
function call(...words) {
  return execFileSync(sekimori, [...words, ...store], { encoding: "utf8", env: { ...process.env, ...environment } });
}
call("read", "--net", "192.0.2.0/24", "--net", "2001:db8:1::/48", join(root, "lab/campus.pcap.zst"));
const lab = join(folder, "lab.html");
for (const period of ["2026-11-22", "2026-11"]) {
  call("report", period, "--format", "html", "-o", lab);
  const json = JSON.parse(call("report", period, "--format", "json"));
  await withPage(browser, lab, { name: `the program's, ${period}` }, async (page) => {
    const held = JSON.parse(await page.locator("#data").textContent());
    expect("the same data as --format json", { ...held, made: "" }, { ...json, made: "" });
    await checkAgainstJson(page);
  });
}
// Built without gettext, it has no Japanese messages: the page has its own all the same, and a text is refused.
if (JSON.parse(call("report", "2026-11", "--lang", "ja", "--format", "json")).lang === "ja") {
  call("report", "2026-11", "--lang", "ja", "--format", "html", "-o", lab);
  await withPage(browser, lab, { name: "the program's, Japanese" }, leftInEnglish);
}
await browser.close();
finish();
