// Both languages have the same words, with the same places for values, and the page uses just those.
// node check_words.mjs WEB
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const src = join(process.argv[2], "src");
const [en, ja] = ["en", "ja"].map((lang) => JSON.parse(readFileSync(join(src, "words", `${lang}.json`), "utf8")));
const wrong = [];

const files = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? files(join(folder, entry.name))
      : entry.name.endsWith(".js")
        ? [join(folder, entry.name)]
        : [],
  );
const places = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join(" ");

/** Every text of an entry: of a plural's forms, or a definition's two. */
function texts(entry) {
  return typeof entry === "string" ? [entry] : Object.values(entry).flatMap(texts);
}

function compare(path, a, b) {
  if (a === undefined || b === undefined) wrong.push(`${path}: only in ${a === undefined ? "ja" : "en"}`);
  else if (path === "definition")
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) compare(`${path}.${key}`, a[key], b[key]);
  else {
    if (texts(b).some((text) => text.trim() === "")) wrong.push(`${path}: empty in ja`);
    if (places(texts(a).join()) !== places(texts(b).join()))
      wrong.push(`${path}: ${places(texts(a).join())} in en, ${places(texts(b).join())} in ja`);
    if (typeof a === "object" && !Array.isArray(a) && (a.other === undefined || b.other === undefined))
      wrong.push(`${path}: a plural without "other"`);
  }
}

for (const key of new Set([...Object.keys(en), ...Object.keys(ja)])) compare(key, en[key], ja[key]);

// A text in English that was not translated.
for (const key of Object.keys(ja)) {
  if (
    key !== "definition" &&
    texts(ja[key]).some(
      (text) =>
        !/[\u3040-\u30ff\u4e00-\u9fff]/.test(text.replace(/\{\w+\}/g, "")) &&
        /[a-z]{3}/i.test(text.replace(/\{\w+\}/g, "")),
    )
  )
    wrong.push(`${key}: no Japanese in "${texts(ja[key]).join()}"`);
}

const code = files(src)
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");
// say("key"), and keys handed on as texts; `change_${kind}` and its like stand for a family.
const named = new Set([...code.matchAll(/"([a-z][a-z_]*)"/g)].map((m) => m[1]));
const families = [...code.matchAll(/`([a-z]+_)\$\{/g)].map((m) => m[1]);
for (const [, key] of code.matchAll(/\bsay\("([^"]+)"/g))
  if (!(key in en)) wrong.push(`${key}: used, and nowhere said`);
for (const key of Object.keys(en)) {
  if (key !== "definition" && !named.has(key) && !families.some((family) => key.startsWith(family)))
    wrong.push(`${key}: said, and nowhere used`);
}

console.log(wrong.join("\n") || `${Object.keys(en).length} words in both languages`);
process.exit(wrong.length ? 1 : 0);
