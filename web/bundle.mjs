// Bundles src/ into one page that needs nothing else.
// node bundle.mjs PAGE.html [DEPFILE]   the page, with @DATA@ where the data belong; what it is made of, for make or ninja
// Where packages lie elsewhere than beside this file, NODE_PATH names the folder.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { notices } from "./notices.mjs";

// Through require: import does not know NODE_PATH.
const esbuild = createRequire(import.meta.url)("esbuild");
const src = join(dirname(fileURLToPath(import.meta.url)), "src");

/** The files of which something is left in the bundle. */
function used(metafile) {
  return Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0),
  );
}

async function bundled(entry) {
  const { outputFiles, metafile } = await esbuild.build({
    entryPoints: [join(src, entry)],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    charset: "utf8",
    legalComments: "none",
    target: ["chrome111", "firefox114", "safari16.4"],
    format: "iife",
    nodePaths: [process.env.NODE_PATH ?? ""].filter(Boolean),
    logLevel: "warning",
  });
  return { text: outputFiles[0].text.trim(), inputs: used(metafile), all: Object.keys(metafile.inputs) };
}

const script = await bundled("main.js");
const style = await bundled("style/all.css");
if (/<\/(script|style)/i.test(script.text + style.text)) throw new Error("the bundle would end its own element");
const parts = {
  NOTICES: notices(script.inputs),
  SCRIPT_HASH: `'sha256-${createHash("sha256").update(script.text).digest("base64")}'`,
  STYLE: style.text,
  SCRIPT: script.text,
};
const page = readFileSync(join(src, "page.html"), "utf8");
const [, , to, depfile] = process.argv;
writeFileSync(
  to,
  page.replace(/@(NOTICES|SCRIPT_HASH|STYLE|SCRIPT)@/g, (_, name) => parts[name]),
);
if (depfile) {
  const from = [
    ...script.all,
    ...style.all,
    join(src, "page.html"),
    fileURLToPath(new URL("notices.mjs", import.meta.url)),
  ];
  writeFileSync(depfile, `${to}: ${from.map((path) => resolve(path).replaceAll(" ", "\\ ")).join(" \\\n  ")}\n`);
}
