// Fills that can be told apart without colour, and the small pictures of them in legends.
import { svg } from "../dom.js";

const LINES = {
  sunday: { lines: ["M0,0V6"], turned: 45 },
  holiday: { lines: ["M0,0V6", "M0,0H6"], turned: 45 },
  rest: { lines: ["M0,0V6"], turned: -45 },
  missing: { lines: ["M1,3h1.2"], turned: 0 },
};

function pattern(id, kind) {
  const { lines, turned } = LINES[kind];
  return svg(
    "pattern",
    {
      id,
      class: `hatch-${kind}`,
      width: 6,
      height: 6,
      patternUnits: "userSpaceOnUse",
      patternTransform: `rotate(${turned})`,
    },
    svg("rect", { width: 6, height: 6 }),
    lines.map((d) => svg("path", { d })),
  );
}

/** A mark for Plot that draws nothing: the patterns of a chart. Their fills are hatch(id, kind). */
export function patterns(id) {
  return () =>
    svg(
      "defs",
      {},
      Object.keys(LINES).map((kind) => pattern(`${id}-${kind}`, kind)),
    );
}

/** The fill of a kind: its pattern, or the colour of that name. */
export const hatch = (id, kind) => (LINES[kind] ? `url(#${id}-${kind})` : `var(--${kind})`);

let swatches = 0;

function picture(kind) {
  if (kind === "median") return svg("line", { x1: 0, x2: 18, y1: 7, y2: 7, class: "median" });
  if (kind === "line") return svg("path", { d: "M0,10L6,6L12,5L18,3", class: "line" });
  if (kind === "stands-out") return svg("path", { d: "M5,3h8l-4,8z", class: "stands-out" });
  if (kind === "partly")
    return svg(
      "g",
      { class: "partly" },
      svg("circle", { cx: 9, cy: 7, r: 4 }),
      svg("path", { d: "M9,3a4,4 0 0 0 0,8z" }),
    );
  if (kind === "broken")
    return svg(
      "g",
      {},
      svg("rect", { x: 3, y: 0, width: 12, height: 14, class: "bar-fill" }),
      svg("path", { d: "M1,8L17,3", class: "break" }),
    );
  const id = `swatch-${swatches++}`;
  return [
    svg("defs", {}, LINES[kind] ? pattern(id, kind) : null),
    svg("rect", {
      x: 0.5,
      y: 0.5,
      width: 17,
      height: 13,
      fill: LINES[kind] ? `url(#${id})` : `var(--${kind})`,
      class: kind === "missing" || kind === "blank" ? "" : "outline",
    }),
  ];
}

export function swatch(kind) {
  return svg(
    "svg",
    { class: "swatch", width: 18, height: 14, viewBox: "0 0 18 14", "aria-hidden": "true" },
    picture(kind),
  );
}
