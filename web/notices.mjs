// What the licences of bundled packages ask for: their notices go where the code goes.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The folders of the packages that these files lie in. */
function packagesOf(inputs) {
  const folders = inputs.map((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean);
  return [...new Set(folders)].sort();
}

/** A text for a comment: each licence once, under the packages and copyright lines it belongs to. */
export function notices(inputs) {
  const texts = new Map();
  for (const folder of packagesOf(inputs)) {
    const file = ["LICENSE", "LICENSE.md", "LICENSE.txt"].map((name) => join(folder, name)).find(existsSync);
    const text = file
      ? readFileSync(file, "utf8")
      : `License: ${JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).license}`;
    const lines = text.split("\n").map((line) => line.trim());
    const owners = lines.filter((line) => /^(©|Copyright\b.*\d{4})/.test(line)).join("; ");
    const body = lines
      .filter((line) => !/^(©|Copyright\b.*\d{4})/.test(line))
      .join(" ")
      .replace(/\s+/g, " ")
      .trim();
    texts.set(body, [...(texts.get(body) ?? []), `${folder.split("node_modules/").pop()}: ${owners}`]);
  }
  return [...texts]
    .map(([body, packages]) => `${packages.join("\n")}\n${body}`)
    .join("\n\n")
    .replaceAll("--", "- -");
}
