// What is new, back and gone against the period before.
import { addressKey, sortableTable } from "../table.js";
import { hostCell, momentColumn, portColumn, section } from "../parts.js";
import { el } from "../dom.js";
import { periodOfName } from "../words.js";

function group(c, kind) {
  const {
    data: { changes },
    words: { say, number },
  } = c;
  const rows = changes[kind];
  const title = say(`change_${kind}`);
  const columns = [
    { name: say("col_host"), kind: "text", key: (row) => addressKey(row.host), cell: hostCell },
    portColumn(c),
    momentColumn(c, "col_first_seen", "first_seen"),
    momentColumn(c, "col_last_seen", "last_seen"),
    kind !== "gone" && {
      name: say("col_packets"),
      kind: "number",
      key: (row) => row.packets,
      cell: (row) => number(row.packets),
    },
  ].filter(Boolean);
  return el(
    "div",
    { class: "change", id: `changes-${kind}` },
    el("h3", {}, title, " ", el("span", { class: "badge" }, number(rows.length))),
    sortableTable(c, {
      caption: title,
      rows,
      columns,
      first: 10,
      find: (row) => `${row.host} ${row.name ?? ""} ${row.port} ${row.service}`,
      findLabel: say("changes_find"),
    }),
  );
}

/** Whether there is nothing to compare with: then nothing is new, back or gone. */
export function nothingBefore({ before, new: fresh, back, gone }) {
  return !before.seen && fresh.length + back.length + gone.length === 0;
}

export function changesSection(c) {
  const { changes } = c.data;
  const { before } = changes;
  const { say, period } = c.words;
  const told = say(before.seen ? "changes_about" : "changes_unseen", { before: period(periodOfName(before)) });
  return section(
    c,
    "changes",
    say("changes"),
    null,
    el("p", { class: "about" }, told),
    nothingBefore(changes) ? null : ["new", "back", "gone"].map((kind) => group(c, kind)),
  );
}
