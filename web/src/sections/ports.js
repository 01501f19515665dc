// Tables 1 and 2 in one: each port with its hosts, those of them daily, external hosts and packets.
import { barCell, countColumn, peersColumn, portColumn, section } from "../parts.js";
import { el } from "../dom.js";
import { sortableTable } from "../table.js";

export function portsSection(c, number) {
  const {
    data: { ports },
    words: { say, number: n },
  } = c;
  const most = Math.max(1, ...ports.map((p) => p.hosts));
  return section(
    c,
    "ports",
    say("ports"),
    number,
    el("p", { class: "about" }, say("ports_about")),
    sortableTable(c, {
      caption: say("ports"),
      rows: ports,
      sorted: { column: 1, descending: true },
      find: (row) => `${row.port} ${row.service}`,
      findLabel: say("ports_find"),
      columns: [
        portColumn(c),
        { ...countColumn(c, "col_hosts", "hosts"), cell: (row) => barCell(n(row.hosts), row.hosts / most) },
        countColumn(c, "col_daily_hosts", "daily_hosts"),
        peersColumn(c),
        countColumn(c, "col_packets", "packets"),
      ],
    }),
  );
}
