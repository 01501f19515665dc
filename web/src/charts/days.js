// What the charts by day share: the axis of days, the marks on days, what is said of one.
import * as Plot from "@observablehq/plot";
import { hatch, patterns } from "./hatch.js";

/** Whether a day counts as not captured: docs/report.md, "captured day". */
export const missing = (day) => day.captured_share < 0.01 && day.packets === 0;
const partly = (day) => !missing(day) && day.captured_share < 0.9995;

/** So many days that a bar has room for neither hatch nor gap. */
export const dense = (days) => days.length > 70;

/** How a day's bar is filled: its pattern or its plain colour; a lighter one where hatches have no room. */
export function kindOf(day, days) {
  const kind = day.holiday ? "holiday" : day.weekday === 7 ? "sunday" : "bar";
  return kind !== "bar" && dense(days) ? "light" : kind;
}

/** Which days get a label under the axis, so that none touches the next. */
function labelled(c, days, band) {
  const label = (date) => String(Number(date.slice(8)));
  if (dense(days)) {
    const every = [1, 2, 3, 6, 12].find((n) => band * 30 * n > (c.words.lang === "ja" ? 34 : 30)) ?? 12;
    const firsts = days.filter((d) => d.date.endsWith("-01") && (Number(d.date.slice(5, 7)) - 1) % every === 0);
    return {
      values: firsts.map((d) => d.date),
      format: (date) => (date.slice(5, 7) === "01" && days.length > 400 ? date.slice(0, 4) : c.words.month(date)),
    };
  }
  const step = band >= 17 ? 1 : band >= 9 ? 2 : 5;
  const end = days[days.length - 1].date;
  const values = days
    .map((d) => d.date)
    .filter((date) => {
      const n = Number(date.slice(8));
      return step === 1 || n === 1 || (step === 2 ? n % 2 === 1 && (n < 31 || date === end) : n % 5 === 0 && n < 30);
    });
  return { values: values.length ? values : [days[0].date], format: label };
}

/** Letters under Sundays and holidays, where there is room for them. */
function letters(c, days, band) {
  if (band < 8) return [];
  const marked = days.filter((d) => d.weekday === 7 || d.holiday);
  return [
    Plot.text(marked, {
      x: "date",
      frameAnchor: "bottom",
      dy: 29,
      fontSize: 10,
      fontWeight: 600,
      fill: "currentColor",
      text: (d) => c.words.say(d.holiday ? "letter_holiday" : "letter_sunday"),
    }),
  ];
}

/** Days without a capture: a dotted band as high as the chart, so that nobody reads a zero. */
function blanks(id, days, bottom, top) {
  const without = days.filter(missing);
  const half = days.filter(partly);
  return [
    Plot.barY(without, {
      x: "date",
      y1: bottom,
      y2: top,
      fill: hatch(id, dense(days) ? "blank" : "missing"),
      inset: 0,
    }),
    Plot.dot(half, { x: "date", frameAnchor: "top", dy: -5, r: 3.5, stroke: "currentColor", fill: "none" }),
    Plot.dot(half, {
      x: "date",
      frameAnchor: "top",
      dy: -5,
      r: 3.5,
      fill: "currentColor",
      clip: false,
      symbol: {
        draw: (context, size) => {
          const r = Math.sqrt(size / Math.PI);
          context.arc(0, 0, r, Math.PI / 2, -Math.PI / 2);
          context.closePath();
        },
      },
    }),
  ];
}

/** The legend's lines that speak of days: only for what this chart shows. */
export function legendOfDays(c, days, { fills = true } = {}) {
  const { say } = c.words;
  const has = (test) => days.some((d) => !missing(d) && test(d));
  return [
    fills && has((d) => kindOf(d, days) === "bar") && ["bar", say("legend_day")],
    fills && has((d) => kindOf(d, days) === "sunday") && ["sunday", say("legend_sunday")],
    fills && has((d) => kindOf(d, days) === "holiday") && ["holiday", say("legend_holiday")],
    fills && has((d) => kindOf(d, days) === "light") && ["light", say("legend_light")],
    days.some(missing) && [dense(days) ? "blank" : "missing", say("legend_missing")],
    days.some(partly) && ["partly", say("legend_partly")],
  ].filter(Boolean);
}

/** What is said of a day: its date, what it was, and these lines unless nothing was captured. */
export function stepOfDay(c, day, lines) {
  const { say, share, longDay } = c.words;
  const about = [day.holiday, partly(day) && say("day_partly", { share: share(day.captured_share) })].filter(Boolean);
  return { head: longDay(day.date), lines: missing(day) ? [say("day_missing")] : [...lines, ...about] };
}

/** The column of a table that says of a day what is not a number. */
export function noteOfDay(c, day) {
  const { say, share } = c.words;
  return [
    missing(day) && say("day_missing"),
    partly(day) && say("day_partly", { share: share(day.captured_share) }),
    day.holiday,
    day.weekday === 7 && say("day_sunday"),
    day.stands_out && say("legend_stands_out"),
  ]
    .filter(Boolean)
    .join(", ");
}

/** The columns of a table by day, with these in the middle: a name, a value of a day, and whether it is an estimate.
 * A day without a capture has no numbers. */
export function tableOfDays(c, days, columns) {
  const { say, weekday, number } = c.words;
  const middle = columns.map(([name, value, estimated]) => ({
    name,
    kind: "number",
    key: (d) => (missing(d) ? -1 : value(d)),
    cell: (d) => (missing(d) ? "–" : (estimated?.(d) ? "~" : "") + number(value(d))),
  }));
  return {
    rows: days,
    sorted: { column: 0, descending: false },
    columns: [
      { name: say("col_date"), kind: "text", key: (d) => d.date, cell: (d) => weekday(d.date) },
      ...middle,
      { name: say("col_note"), kind: "text", key: (d) => noteOfDay(c, d) },
    ],
  };
}

export const LEFT = 52;
const RIGHT = 8;

/** Where the bands of a drawing lie, for figure(), and how far down they reach. */
export function placeOf(plot, values, height) {
  const x = plot.scale("x");
  const starts = values.map((value) => x.apply(value));
  const step = values.length > 1 ? starts[1] - starts[0] : x.bandwidth;
  const margin = (step - x.bandwidth) / 2;
  return {
    left: starts[0] - margin,
    top: 0,
    width: step * values.length,
    height,
    starts: starts.map((s) => s - margin),
    band: step,
  };
}

/** The same for a drawing by day, as plotDays() makes it. */
export const placeOfDays = (plot, days, height) =>
  placeOf(
    plot,
    days.map((d) => d.date),
    height - 8,
  );

/**
 * A drawing by day. bottom, top: the ends of its scale. axis: whether the days stand under it.
 * ticks: about how many values stand at its side; tickFormat: how.
 */
export function plotDays(
  c,
  { id, days, width, height, bottom = 0, top, marks, axis = true, ticks = 4, tickFormat = c.words.compact },
) {
  const band = (width - LEFT - RIGHT) / days.length;
  const { values, format } = labelled(c, days, band);
  return Plot.plot({
    width,
    height,
    marginLeft: LEFT,
    marginRight: RIGHT,
    marginTop: 20,
    marginBottom: axis ? 40 : 8,
    className: "plot-svg",
    x: { type: "band", domain: days.map((d) => d.date), padding: dense(days) ? 0 : 0.24, axis: null },
    y: { domain: [bottom, top], axis: null },
    marks: [
      patterns(id),
      Plot.gridY({ ticks, strokeOpacity: 1, stroke: "var(--grid)" }),
      Plot.axisY({ ticks, tickSize: 0, label: null, tickFormat }),
      axis ? [Plot.axisX(values, { tickSize: 0, tickFormat: format, label: null }), letters(c, days, band)] : null,
      blanks(id, days, bottom, top),
      marks,
      axis ? Plot.ruleY([0], { stroke: "currentColor" }) : null,
    ],
  });
}

/** The upper end of an axis: a round number above the greatest value, 4 when all are nothing. */
export function roundedTop(greatest) {
  if (!(greatest > 0)) return 4;
  const unit = 10 ** Math.floor(Math.log10(greatest));
  const steps = [1, 1.2, 1.4, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10].map((n) => n * unit);
  return Math.max(4, steps.find((n) => n >= greatest * 1.02) ?? greatest);
}
