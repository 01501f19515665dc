// One bar that is far higher than all others would press them flat: it is cut short, and says its value.
import * as Plot from "@observablehq/plot";
import { svg } from "../dom.js";
import { roundedTop } from "./days.js";

/** The upper end for these values, and whether values[at] is cut short there. */
export function breakAt(values, at) {
  const rest = Math.max(0, ...values.filter((_, i) => i !== at));
  const cut = at >= 0 && values.length > 1 && rest > 0 && values[at] > 3 * rest;
  return { cut, top: roundedTop(cut ? rest * 1.35 : Math.max(rest, values[at] ?? 0)) };
}

/** Marks for the bar that is cut: two lines of paper across it, and its value above. */
export function brokenMarks(c, x, value, top, textAnchor = "middle") {
  const stripe = (_, scales, __, dimensions) => {
    const left = scales.x(x);
    const width = scales.x.bandwidth();
    const y = dimensions.marginTop + 14;
    return svg("path", { class: "break", d: `M${left - 3},${y + 5}L${left + width + 3},${y - 1}` });
  };
  return [
    stripe,
    Plot.text([x], {
      x: (d) => d,
      y: top,
      dy: -7,
      text: () => c.words.number(value),
      fontWeight: 600,
      fill: "currentColor",
      textAnchor,
    }),
  ];
}
