// Hosts with far more open ports than the others, and those ports.
import { countColumn, hostCell, opens, portColumn, section } from "../parts.js";
import { el } from "../dom.js";
import { sortableTable } from "../table.js";

function outlier(c, host) {
  const { say } = c.words;
  return opens(
    [hostCell(host), " ", el("span", { class: "badge" }, say("outlier_ports", { n: host.ports }))],
    sortableTable(c, {
      caption: `${host.host} ${host.name ?? ""}`,
      rows: host.services,
      sorted: { column: 1, descending: true },
      first: 20,
      columns: [portColumn(c), countColumn(c, "col_packets", "packets"), countColumn(c, "col_days", "days")],
    }),
  );
}

export function outliersSection(c) {
  const {
    data: { outliers },
    words: { say, tenth },
  } = c;
  if (outliers.hosts.length === 0)
    return section(c, "outliers", say("outliers"), null, el("p", { class: "none" }, say("outliers_none")));
  return section(
    c,
    "outliers",
    say("outliers"),
    null,
    el("p", { class: "about" }, say("outliers_about", { limit: tenth(outliers.more_than) })),
    outliers.hosts.map((host) => outlier(c, host)),
  );
}
