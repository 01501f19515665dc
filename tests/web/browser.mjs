// Debian's chromium, a page in it, and what is expected of it.
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

export function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(77);
}

function found(names) {
  const there = (path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return names.flatMap((name) => process.env.PATH.split(delimiter).map((folder) => join(folder, name))).find(there);
}

/** Through require: import does not know NODE_PATH. */
function playwright() {
  try {
    return createRequire(import.meta.url)("playwright-core");
  } catch {
    return skip("no playwright-core");
  }
}

export async function openBrowser() {
  const executablePath = found(["chromium", "chromium-browser", "google-chrome"]) ?? skip("no chromium");
  return playwright().chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

let failures = 0;
let checks = 0;
let about = "";

export function expect(what, got, wanted) {
  checks++;
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a === b) return;
  failures++;
  console.log(`FAILED ${about}: ${what}\n  got      ${a?.slice(0, 600)}\n  expected ${b?.slice(0, 600)}`);
}

export const expectTrue = (what, got) => expect(what, Boolean(got), true);

const frames = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Gives the window another width, and the charts time to follow. */
export async function resized(page, width) {
  await page.setViewportSize({ width, height: 900 });
  await frames(page);
  about = about.replace(/, \d+ px/, `, ${width} px`);
}

/** Opens a file, lets the test look at it, and holds it against what holds for every page. */
export async function withPage(browser, file, { name, dark = false }, look) {
  about = `${name}, 1280 px${dark ? ", dark" : ""}`;
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    colorScheme: dark ? "dark" : "light",
    timezoneId: "America/New_York",
    locale: "de-DE",
  });
  const page = await context.newPage();
  const said = [];
  const asked = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  context.on("request", (request) => asked.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await frames(page); // the charts are drawn when their place is known
  await look(page);
  expect("nothing said on the console", said, []);
  expect("no request but for the file", asked, [pathToFileURL(file).href]);
  await context.close();
}

export function finish() {
  console.log(failures ? `${failures} of ${checks} checks failed` : `${checks} checks passed`);
  process.exit(failures ? 1 : 0);
}
