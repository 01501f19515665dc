// Figures 1 and 5: one bar a day, Sundays and holidays hatched, the median as a line, days that stand out named.
import * as Plot from "@observablehq/plot";
import { figure } from "./figure.js";
import { hatch } from "./hatch.js";
import {
  dense,
  kindOf,
  legendOfDays,
  missing,
  placeOfDays,
  plotDays,
  roundedTop,
  stepOfDay,
  tableOfDays,
} from "./days.js";

/** The least, the greatest, the mean and the median in words. */
export function rangeOf(c, s) {
  const { say, number, day, tenth } = c.words;
  return (
    s &&
    say("range", {
      min: number(s.min.value),
      min_date: day(s.min.date),
      max: number(s.max.value),
      max_date: day(s.max.date),
      mean: tenth(s.mean),
      median: tenth(s.median),
    })
  );
}

function sundaysOf(c) {
  const { say, share, day } = c.words;
  const sundays = [...c.data.sundays]
    .filter((s) => s.share_of_median !== null)
    .sort((a, b) => a.share_of_median - b.share_of_median);
  if (sundays.length === 0) return null;
  const [least, most] = [sundays[0], sundays[sundays.length - 1]];
  return say(sundays.length === 1 ? "sundays_one" : "sundays", {
    min: share(least.share_of_median),
    min_date: day(least.date),
    max: share(most.share_of_median),
    max_date: day(most.date),
  });
}

const NAME_WIDTH = 38; // of a date, and as high as the next, in pixels
const NAME_HEIGHT = 14;

/** Of these days, those whose date has room over their bar: beside no higher one, and on no other date. Highest first. */
function withRoom(c, days, value, { wide, tall }) {
  const all = c.data.days;
  const at = new Map(all.map((d, i) => [d, i * wide]));
  const above = (d) => value(d) * tall;
  const clear = (d, shown) =>
    !all.some((e) => Math.abs(at.get(e) - at.get(d)) - wide * 0.42 < NAME_WIDTH / 2 && above(e) > above(d) + NAME_HEIGHT) &&
    !shown.some((e) => Math.abs(at.get(e) - at.get(d)) < NAME_WIDTH && Math.abs(above(e) - above(d)) < NAME_HEIGHT);
  return [...days]
    .sort((a, b) => value(b) - value(a))
    .reduce((shown, d) => (clear(d, shown) ? [...shown, d] : shown), []);
}

/** A mark over each day that stands out, and the date where there is room. */
function named(c, days, value, pixels) {
  const at = { x: "date", y: value };
  const texts = { text: (d) => c.words.day(d.date), dy: -18, fill: "currentColor", fontWeight: 600 };
  return [
    Plot.dot(days, { ...at, dy: -7, r: 4, symbol: "triangle2", rotate: 180, fill: "var(--accent)" }),
    Plot.text(withRoom(c, days, value, pixels), { ...at, ...texts }),
  ];
}

function bars(id, seen, days, value) {
  const fill = (d) => hatch(id, kindOf(d, days));
  return Plot.barY(seen, { x: "date", y: value, fill, stroke: dense(days) ? null : "var(--bar)", strokeWidth: 1 });
}

/** A "~" over each day whose value is an estimate. */
function estimates(days, value, room) {
  return room ? Plot.text(days, { x: "date", y: value, text: () => "~", dy: -7, fill: "currentColor" }) : null;
}

function daily(
  c,
  { id, number, title, value, words, column, statistics, height, estimated, outstanding = [], notes = [] },
) {
  const { days } = c.data;
  const { say } = c.words;
  const seen = days.filter((d) => !missing(d));
  const top = roundedTop(Math.max(0, ...seen.map(value)) * (outstanding.length ? 1.06 : 1));
  const median = statistics && [statistics.median];
  const range = rangeOf(c, statistics);
  const guessed = seen.filter((d) => estimated?.(d));
  const spoken = (d) => {
    const n = c.words.number(value(d));
    const text = say(words, { n: value(d) });
    return guessed.includes(d) ? text.replace(n, `~${n}`) : text;
  };
  const draw = (width, tall) => {
    const marks = [
      bars(id, seen, days, value),
      median && Plot.ruleY(median, { stroke: "currentColor", strokeDasharray: "5 3" }),
      named(c, outstanding, value, { wide: (width - 50) / days.length, tall: (height * tall) / top }),
      estimates(guessed, value, width / days.length > 8),
    ];
    const node = plotDays(c, { id, days, width, height: height * tall, top, marks });
    return { node, place: placeOfDays(node, days, height * tall) };
  };
  const legend = [
    ...legendOfDays(c, days),
    median && ["median", say("legend_median")],
    outstanding.length > 0 && ["stands-out", say("legend_stands_out")],
  ].filter(Boolean);
  return figure(c, {
    id,
    number,
    title,
    summary: range || "",
    draw,
    notes: [range, guessed.length > 0 && say("days_estimated"), ...notes],
    steps: seen.length ? days.map((d) => stepOfDay(c, d, [spoken(d)])) : [],
    legend,
    table: tableOfDays(c, days, [[column, value, estimated]]),
  });
}

export function packetsFigure(c, number) {
  return daily(c, {
    id: "figure-packets",
    number,
    title: c.words.say("figure_packets"),
    value: (d) => d.packets,
    words: "n_packets",
    column: c.words.say("col_packets"),
    statistics: c.data.statistics.packets,
    height: 250,
    outstanding: c.data.days.filter((d) => d.stands_out && !missing(d)),
    notes: [sundaysOf(c)],
  });
}

export function peersFigure(c, number) {
  return daily(c, {
    id: "figure-peers",
    number,
    title: c.words.say("figure_peers"),
    value: (d) => d.peers,
    words: "n_peers",
    column: c.words.say("col_peers"),
    statistics: c.data.statistics.peers,
    height: 230,
    estimated: (d) => d.peers_estimated,
  });
}
