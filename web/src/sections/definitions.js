// What each word of the report means, and who made it.
import { el } from "../dom.js";
import { section } from "../parts.js";

export function definitionsSection(c) {
  const {
    data: { places },
    words: { say, definitions },
  } = c;
  return section(
    c,
    "definitions",
    say("definitions"),
    null,
    el(
      "dl",
      { class: "definitions" },
      definitions().map(([word, meaning]) => [el("dt", {}, word), el("dd", {}, meaning)]),
    ),
    places && el("p", { class: "note" }, say("places", { source: places.source })),
  );
}

export function foot(c) {
  return el("footer", {}, el("p", {}, c.words.say("footer", { generator: c.data.generator })));
}
