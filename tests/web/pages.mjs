// Pages with data in them, as the program writes them.
// node pages.mjs PAGE.html FOLDER writes each sample as FOLDER/NAME.html, and says where they are.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SAMPLES } from "./samples.mjs";

/** The bundled page with this JSON in its place. */
export function pageWith(page, json) {
  return page.replace("@DATA@", () => json.replaceAll("<", "\\u003c"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , from, folder] = process.argv;
  const page = readFileSync(from, "utf8");
  mkdirSync(folder, { recursive: true });
  for (const [name, make] of Object.entries(SAMPLES)) {
    const to = resolve(join(folder, `${name}.html`));
    writeFileSync(to, pageWith(page, JSON.stringify(make())));
    console.log(pathToFileURL(to).href);
  }
}
