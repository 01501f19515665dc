// Hosts that were seen on all days but a few, with the days they were missed.
import { el, svg } from "../dom.js";
import { addressKey, sortableTable } from "../table.js";
import { hostCell, portList, section } from "../parts.js";
import { missing } from "../charts/days.js";

const TOLD = 6; // dates told in words; the strip shows the others

/** A small square for each day: filled when seen, hollow when missed, a dot when nothing was captured. */
function strip(c, row) {
  const { days } = c.data;
  const missed = new Set(row.missed);
  const size = days.length > 62 ? 2 : 6;
  const gap = days.length > 62 ? 0 : 1;
  const square = (d, i) =>
    missing(d)
      ? svg("circle", { cx: i * (size + gap) + size / 2, cy: 6, r: size / 6, class: "strip-blank" })
      : svg(
          "rect",
          missed.has(d.date)
            ? { x: i * (size + gap) + 0.5, y: 0.5, width: Math.max(1, size - 1), height: 11, class: "strip-missed" }
            : { x: i * (size + gap), y: 0, width: size, height: 12, class: "strip-seen" },
        );
  const width = days.length * (size + gap);
  return svg(
    "svg",
    {
      class: "strip",
      role: "img",
      "aria-label": c.words.say("strip_label", { dates: datesOf(c, row.missed) }),
      viewBox: `0 0 ${width} 12`,
      width: Math.min(width, 260),
      height: 12,
      preserveAspectRatio: "none",
    },
    days.map(square),
  );
}

function datesOf(c, dates) {
  const told = dates
    .slice(0, TOLD)
    .map((date) => c.words.day(date).replaceAll(" ", "\u00a0"))
    .join(c.words.lang === "ja" ? "、" : ", ");
  return dates.length > TOLD ? `${told} ${c.words.say("n_more", { n: dates.length - TOLD })}` : told;
}

export function nearlyDailySection(c) {
  const {
    data,
    words: { say, number },
  } = c;
  const rows = data.nearly_daily;
  return section(
    c,
    "nearly-daily",
    say("nearly_daily"),
    null,
    el("p", { class: "about" }, say("nearly_daily_about")),
    sortableTable(c, {
      caption: say("nearly_daily"),
      rows,
      columns: [
        { name: say("col_host"), kind: "text", key: (row) => addressKey(row.host), cell: hostCell },
        { name: say("col_days"), kind: "number", key: (row) => row.days, cell: (row) => number(row.days) },
        { name: say("col_strip"), kind: "text", sorts: false, cell: (row) => strip(c, row) },
        { name: say("col_missed"), kind: "dates", sorts: false, cell: (row) => datesOf(c, row.missed) },
        { name: say("col_services"), kind: "wide", sorts: false, cell: (row) => portList(row.services) },
      ],
    }),
  );
}
