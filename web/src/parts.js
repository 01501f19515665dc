// What sections have in common: a section, a host, a port, a bar in a cell.
import { el, joined } from "./dom.js";

/** A section with its heading, and the table's number where it has one. */
export function section(c, id, title, number, ...children) {
  const tag = number && el("span", { class: "number-of" }, c.words.say("table", { n: number }));
  return el(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    el("h2", { id: `${id}-title` }, tag, title),
    ...children,
  );
}

/** An address as it is. A long one of IPv6 may be broken behind a colon, nowhere else. */
export function address(text) {
  const parts = text.split(":");
  return el(
    "span",
    { class: "address" },
    parts.flatMap((part, i) => (i < parts.length - 1 ? [`${part}:`, el("wbr")] : [part])),
  );
}

/** A host's address, and its name where it has one: on one line, unless it is long. */
export function hostCell({ host, name }) {
  return [address(host), name ? el("span", { class: name.length > 32 ? "name" : "name whole" }, name) : null];
}

/** "443/tcp https" */
export function portCell({ port, protocol, service }) {
  return el(
    "span",
    { class: "port" },
    `${port}/${protocol}`,
    service ? el("span", { class: "service" }, ` ${service}`) : null,
  );
}

export const portColumn = (c) => ({
  name: c.words.say("col_port"),
  kind: "port",
  key: (row) => row.port,
  cell: portCell,
});

/** "443 https, 8080": for lists within a cell. */
export function portList(services) {
  return el(
    "span",
    { class: "ports" },
    joined(
      services.map(({ port, service }) =>
        el("span", { class: "port" }, String(port), service ? el("span", { class: "service" }, ` ${service}`) : null),
      ),
      ", ",
    ),
  );
}

/** A column of moments: row[key] is RFC 3339 or a date. */
export function momentColumn(c, name, key) {
  return {
    name: c.words.say(name),
    kind: "date",
    key: (row) => row[key] ?? "",
    cell: (row) =>
      joined(
        c.words.moment(row[key]).map((text) => el("span", {}, text)),
        " ",
      ),
  };
}

/** A column of numbers: row[key]. */
export function countColumn(c, name, key) {
  return { name: c.words.say(name), kind: "number", key: (row) => row[key], cell: (row) => c.words.number(row[key]) };
}

/** The same of peers: "~12,345" where the row says that they are an estimate. */
export function peersColumn(c) {
  const { number } = c.words;
  return {
    ...countColumn(c, "col_peers", "peers"),
    cell: (row) => (row.peers_estimated ? `~${number(row.peers)}` : number(row.peers)),
  };
}

/** A number behind a bar: its share of the greatest. One element: a table may have thousands. */
export function barCell(text, share) {
  return el("span", { class: "with-bar", style: `--share:${Math.max(0, Math.min(1, share)).toFixed(4)}` }, text);
}

/** Text that opens what lies below. It is open in print. */
export function opens(summary, ...children) {
  return el("details", { "data-print": "open" }, el("summary", {}, summary), ...children);
}
