// What the figures do not hold, or only as a number: what was left out by its mark, what was only counted, what lies in no capture, what a sensor may have missed.
import { el } from "../dom.js";
import { countColumn, hostCell, momentColumn, portCell, portColumn, section } from "../parts.js";
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

/** What was too much to be written down: nothing where there is none of it. */
export function onlyCountedSection(c) {
  const { say, number } = c.words;
  const { packets, services } = c.data.only_counted ?? { packets: 0, services: [] };
  if (!services.length) return null;
  const others = say("all_others");
  return section(
    c,
    "only-counted",
    say("only_counted"),
    null,
    el("p", { class: "about" }, say("only_counted_about", { packets: number(packets) })),
    sortableTable(c, {
      caption: say("only_counted"),
      rows: services,
      first: 10,
      sorted: { column: 2, descending: true },
      columns: [
        {
          name: say("col_host"),
          kind: "wide",
          key: (row) => row.host ?? "",
          cell: (row) => (row.host === null ? others : hostCell(row)),
        },
        {
          ...portColumn(c),
          key: (row) => row.port ?? -1,
          cell: (row) => (row.port === null ? (row.host === null ? "" : others) : portCell(row)),
        },
        countColumn(c, "col_packets", "packets"),
        { ...countColumn(c, "col_peers", "peers"), cell: (row) => `~${number(row.peers)}` },
      ],
    }),
  );
}

/** What nothing covers. */
function uncovered(c) {
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
    return [el("p", { class: "about" }, say(about))];
  }
  return [
    el("p", { class: "about" }, say("not_captured_about", { duration: duration(seconds) })),
    sortableTable(c, {
      caption: say("not_captured"),
      rows: gaps,
      first: 10,
      sorted: { column: 0, descending: false },
      columns: [momentColumn(c, "col_from", "from"), momentColumn(c, "col_to", "to"), durationColumn(c)],
    }),
  ];
}

function durationColumn(c) {
  const { say, duration } = c.words;
  return { name: say("col_duration"), kind: "number", key: (row) => row.seconds, cell: (row) => duration(row.seconds) };
}

/** What sensors recorded: a table by kind, and one of the longest. */
function recordedTables(c, { seconds, kinds, longest }) {
  const { say, duration } = c.words;
  // A kind of a later version of the program keeps its own name.
  const meaning = (kind) => (say(`gap_${kind}`) === `gap_${kind}` ? kind : say(`gap_${kind}`));
  const why = { name: say("col_why"), kind: "wide", key: (row) => meaning(row.kind) };
  const byKind = el(
    "div",
    { id: "recorded" },
    el("h3", {}, say("recorded")),
    el("p", { class: "about" }, say("recorded_about", { duration: duration(seconds) })),
    sortableTable(c, {
      caption: say("recorded"),
      rows: kinds,
      columns: [why, countColumn(c, "col_gaps", "gaps"), durationColumn(c), countColumn(c, "col_frames", "count")],
    }),
  );
  const theLongest = el(
    "div",
    { id: "recorded-longest" },
    el("h3", {}, say("recorded_longest")),
    sortableTable(c, {
      caption: say("recorded_longest"),
      rows: longest,
      first: 10,
      sorted: { column: 2, descending: true },
      columns: [
        momentColumn(c, "col_from", "from"),
        momentColumn(c, "col_to", "to"),
        durationColumn(c),
        why,
        countColumn(c, "col_frames", "count"),
        { name: say("col_interface"), kind: "text", key: (row) => row.interface },
      ],
    }),
  );
  return [byKind, theLongest];
}

export function notCapturedSection(c) {
  const ledger = c.data.not_captured.recorded;
  return section(
    c,
    "not-captured",
    c.words.say("not_captured"),
    null,
    ...uncovered(c),
    ...(ledger && ledger.kinds.length ? recordedTables(c, ledger) : []),
  );
}
