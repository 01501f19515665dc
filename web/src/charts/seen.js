// Figure 3: how many hosts were seen on one day of the period, on two, … on all.
import * as Plot from "@observablehq/plot";
import { breakAt, brokenMarks } from "./broken.js";
import { dense, LEFT, placeOf } from "./days.js";
import { figure } from "./figure.js";
import { patterns } from "./hatch.js";

const HEIGHT = 230;

export function seenFigure(c, number) {
  const { say, compact } = c.words;
  const rows = c.data.days_seen.slice(0, c.data.period.days_captured); // more no host can have
  const last = rows.length - 1;
  const any = rows.some((r) => r.hosts > 0);
  const { cut, top } = breakAt(
    rows.map((r) => r.hosts),
    last,
  );
  const draw = (width, tall) => {
    const height = HEIGHT * tall;
    const band = (width - LEFT - 20) / rows.length;
    const every = [1, 2, 5, 10, 30, 50, 100].find((n) => band * n >= 20) ?? 100;
    const ticks = rows
      .map((r) => r.days)
      .filter((n) => (every === 1 || n % every === 0) && (n - 1) * band >= 20 && (last + 1 - n) * band >= 20)
      .concat(1, last + 1);
    const node = Plot.plot({
      width,
      height,
      marginLeft: LEFT,
      marginRight: 20,
      marginTop: 18,
      marginBottom: 40,
      className: "plot-svg",
      x: { type: "band", domain: rows.map((r) => r.days), padding: dense(rows) ? 0 : 0.24, axis: null },
      y: { domain: [0, top], axis: null },
      marks: [
        patterns("figure-seen"),
        Plot.gridY({ ticks: 4, strokeOpacity: 1, stroke: "var(--grid)" }),
        Plot.axisY({ ticks: 4, tickSize: 0, label: null, tickFormat: compact }),
        Plot.axisX([...new Set(ticks)], {
          tickSize: 0,
          label: say("x_days_seen"),
          labelAnchor: "center",
          labelArrow: "none",
          labelOffset: 34,
          tickFormat: String,
        }),
        Plot.barY(rows, { x: "days", y: (r) => Math.min(r.hosts, top), fill: "var(--bar)" }),
        ...(cut ? brokenMarks(c, last + 1, rows[last].hosts, top) : []),
        Plot.ruleY([0], { stroke: "currentColor" }),
      ],
    });
    return {
      node,
      place: placeOf(
        node,
        rows.map((r) => r.days),
        height - 22,
      ),
    };
  };
  const always = rows.length > 1 ? say("seen_every_day", { n: rows[last].hosts, days: rows.length }) : null;
  return figure(c, {
    id: "figure-seen",
    number,
    title: say("figure_seen"),
    summary: always || "",
    draw,
    notes: [always],
    steps: any
      ? rows.map((r) => ({ head: say("seen_on", { n: r.days }), lines: [say("n_hosts", { n: r.hosts })] }))
      : [],
    legend: [["bar", say("legend_hosts")], cut && ["broken", say("legend_broken")]].filter(Boolean),
    table: {
      rows,
      sorted: { column: 0, descending: false },
      columns: [
        { name: say("col_days"), kind: "number", key: (r) => r.days, cell: (r) => c.words.number(r.days) },
        { name: say("col_hosts"), kind: "number", key: (r) => r.hosts, cell: (r) => c.words.number(r.hosts) },
      ],
    },
  });
}
