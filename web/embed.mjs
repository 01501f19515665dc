// Turns the bundled page into a C source: what stands before the data, and what stands behind.
// node embed.mjs PAGE.html PAGE.c
import { readFileSync, writeFileSync } from "node:fs";

// Bytes of a string literal. Those beyond ASCII and the unprintable as three octal digits, which no next digit can extend;
// "?" too, since "??(" and its like mean other characters in C.
function literal(bytes) {
  const ESCAPED = { 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\" };
  return Array.from(
    bytes,
    (b) =>
      ESCAPED[b] ?? (b < 32 || b > 126 || b === 63 ? `\\${b.toString(8).padStart(3, "0")}` : String.fromCharCode(b)),
  ).join("");
}

function definition(name, text) {
  const bytes = Buffer.from(text, "utf8");
  const lines = [];
  for (let at = 0; at < bytes.length; at += 1000) lines.push(`\t"${literal(bytes.subarray(at, at + 1000))}"`);
  return `const char ${name}[] =\n${lines.join("\n")};\n`;
}

const [, , from, to] = process.argv;
const ends = readFileSync(from, "utf8").split("@DATA@");
if (ends.length !== 2) throw new Error(`${from}: not one place for the data`);
const opening = '/* Made by web/embed.mjs from the bundled page. */\n#include "web/page_internal.h"\n';
writeFileSync(to, [opening, definition("web_page_head", ends[0]), definition("web_page_tail", ends[1])].join("\n"));
