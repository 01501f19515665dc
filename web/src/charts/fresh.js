// Figure 4: new hosts a day as bars, within the period and new to the store side by side; hosts so far as a line above.
import * as Plot from "@observablehq/plot";
import { el } from "../dom.js";
import { breakAt, brokenMarks } from "./broken.js";
import { dense, legendOfDays, missing, placeOfDays, plotDays, stepOfDay, tableOfDays } from "./days.js";
import { figure } from "./figure.js";
import { hatch } from "./hatch.js";
import { rangeOf } from "./packets.js";

const LINE = 110;
const BARS = 155;

const wholeOnly = (c) => (n) => (Number.isInteger(n) ? c.words.number(n) : "");

/** The line on a scale of its own, that need not begin at nothing: it is its rise that speaks. */
function cumulative(c, id, days, width, tall) {
  const seen = days.filter((d) => !missing(d));
  const values = seen.map((d) => d.cumulative_hosts);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(2, (most - least) * 0.15);
  return plotDays(c, {
    id: `${id}-line`,
    days,
    width,
    height: LINE * tall,
    bottom: Math.max(0, least - room),
    top: most + room,
    axis: false,
    ticks: 3,
    tickFormat: wholeOnly(c),
    marks: [
      Plot.lineY(days, {
        x: "date",
        y: (d) => (missing(d) ? NaN : d.cumulative_hosts),
        stroke: "var(--accent)",
        strokeWidth: 2,
      }),
      !dense(days) ? Plot.dot(seen, { x: "date", y: "cumulative_hosts", r: 2.2, fill: "var(--accent)" }) : null,
    ],
  });
}

export function newFigure(c, number) {
  const { say } = c.words;
  const { days, statistics } = c.data;
  const id = "figure-new";
  const seen = days.filter((d) => !missing(d));
  const first = days.findIndex((d) => !missing(d));
  const { cut, top } = breakAt(
    days.map((d) => Math.max(d.new_hosts, d.new_to_store)),
    first,
  );
  const draw = (width, tall) => {
    const half = ((width - 60) / days.length) * 0.38;
    const bars = plotDays(c, {
      id,
      days,
      width,
      height: BARS * tall,
      top,
      ticks: 3,
      tickFormat: wholeOnly(c),
      marks: [
        Plot.barY(seen, { x: "date", y: (d) => Math.min(d.new_hosts, top), fill: "var(--bar)", insetRight: half }),
        Plot.barY(seen, {
          x: "date",
          y: (d) => Math.min(d.new_to_store, top),
          fill: hatch(id, "rest"),
          stroke: "var(--bar)",
          strokeWidth: dense(days) ? 0 : 1,
          insetLeft: half,
        }),
        ...(cut ? brokenMarks(c, days[first].date, days[first].new_hosts, top, dense(days) ? "start" : "middle") : []),
      ],
    });
    const node = el("div", {}, cumulative(c, id, days, width, tall), bars);
    return { node, place: placeOfDays(bars, days, (LINE + BARS) * tall) };
  };
  const range = rangeOf(c, statistics.new_hosts);
  return figure(c, {
    id,
    number,
    title: say("figure_new"),
    summary: range ? say("range_new", { range }) : "",
    draw,
    notes: [range && say("range_new", { range })],
    steps: seen.length
      ? days.map((d) =>
          stepOfDay(c, d, [
            say("n_new", { n: d.new_hosts }),
            say("n_store", { n: d.new_to_store }),
            say("n_cumulative", { n: d.cumulative_hosts }),
          ]),
        )
      : [],
    legend: [
      ["line", say("legend_cumulative")],
      ["bar", say("legend_new")],
      ["rest", say("legend_store")],
      cut && ["broken", say("legend_broken")],
      ...legendOfDays(c, days, { fills: false }),
    ].filter(Boolean),
    table: tableOfDays(c, days, [
      [say("col_new"), (d) => d.new_hosts],
      [say("col_store"), (d) => d.new_to_store],
      [say("col_cumulative"), (d) => d.cumulative_hosts],
    ]),
  });
}
