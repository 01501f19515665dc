// Figure 2: hosts a day. Those seen on every day are the base, the rest stand hatched on it.
import * as Plot from "@observablehq/plot";
import { figure } from "./figure.js";
import { hatch } from "./hatch.js";
import { dense, legendOfDays, missing, placeOfDays, plotDays, roundedTop, stepOfDay, tableOfDays } from "./days.js";
import { rangeOf } from "./packets.js";

const HEIGHT = 230;

export function hostsFigure(c, number) {
  const { days, statistics } = c.data;
  const { say } = c.words;
  const id = "figure-hosts";
  const seen = days.filter((d) => !missing(d));
  const outline = dense(days) ? null : "var(--bar)";
  const draw = (width, tall) => {
    const height = HEIGHT * tall;
    const node = plotDays(c, {
      id,
      days,
      width,
      height,
      top: roundedTop(Math.max(0, ...seen.map((d) => d.hosts))),
      marks: [
        Plot.barY(seen, { x: "date", y: "daily_hosts", fill: "var(--bar)", stroke: outline }),
        Plot.barY(seen, { x: "date", y1: "daily_hosts", y2: "hosts", fill: hatch(id, "rest"), stroke: outline }),
        dense(days)
          ? Plot.tickY(seen, { x: "date", y: "hosts", stroke: "var(--bar)", strokeWidth: 1.5, inset: 0 })
          : null,
      ],
    });
    return { node, place: placeOfDays(node, days, height) };
  };
  const range = rangeOf(c, statistics.hosts);
  const others = rangeOf(c, statistics.other_hosts);
  return figure(c, {
    id,
    number,
    title: say("figure_hosts"),
    summary: range || "",
    draw,
    notes: [range, others && say("range_others", { range: others })],
    steps: seen.length
      ? days.map((d) => stepOfDay(c, d, [say("n_hosts", { n: d.hosts }), say("n_daily", { n: d.daily_hosts })]))
      : [],
    legend: [["bar", say("legend_daily")], ["rest", say("legend_rest")], ...legendOfDays(c, days, { fills: false })],
    table: tableOfDays(c, days, [
      [say("col_hosts"), (d) => d.hosts],
      [say("col_daily_hosts"), (d) => d.daily_hosts],
      [say("col_other_hosts"), (d) => d.hosts - d.daily_hosts],
    ]),
  });
}
