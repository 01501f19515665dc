// What the figures do not hold: what was left out by its mark, and what lies in no capture.
import { el } from "../dom.js";
import { countColumn, momentColumn, section } from "../parts.js";
import { sortableTable } from "../table.js";

export function leftOutSection(c) {
  const { say } = c.words;
  const rows = c.data.left_out.filter((row) => row.packets > 0);
  // A mark of a later version of the program keeps its own name.
  const meaning = (mark) => (say(`mark_${mark}`) === `mark_${mark}` ? mark : say(`mark_${mark}`));
  return section(
    c,
    "left-out",
    say("left_out"),
    null,
    el("p", { class: "about" }, say("left_out_about")),
    sortableTable(c, {
      caption: say("left_out"),
      rows,
      columns: [
        { name: say("col_mark"), kind: "wide", key: (row) => meaning(row.mark) },
        countColumn(c, "col_packets", "packets"),
        countColumn(c, "col_services_count", "services"),
        countColumn(c, "col_hosts", "hosts"),
      ],
    }),
  );
}

export function notCapturedSection(c) {
  const {
    data: {
      made,
      period,
      not_captured: { seconds, gaps },
    },
    words: { say, duration },
  } = c;
  if (seconds === 0) {
    // Both are dates of the site's zone.
    const about = made.slice(0, 10) < period.first ? "not_begun" : "not_captured_none";
    return section(c, "not-captured", say("not_captured"), null, el("p", { class: "about" }, say(about)));
  }
  return section(
    c,
    "not-captured",
    say("not_captured"),
    null,
    el("p", { class: "about" }, say("not_captured_about", { duration: duration(seconds) })),
    sortableTable(c, {
      caption: say("not_captured"),
      rows: gaps,
      first: 10,
      sorted: { column: 0, descending: false },
      columns: [
        momentColumn(c, "col_from", "from"),
        momentColumn(c, "col_to", "to"),
        { name: say("col_duration"), kind: "number", key: (row) => row.seconds, cell: (row) => duration(row.seconds) },
      ],
    }),
  );
}
