// The comparison of scans with what was seen, from the JSON of docs/compare.md.
import { addressKey, sortableTable } from "./table.js";
import { barCell, countColumn, hostCell, portColumn, section } from "./parts.js";
import { el } from "./dom.js";
import { speaker } from "./words.js";

const SCOPES = ["all", "covered"];
const SIDES = ["active", "passive"];

function scanLine(c, scan) {
  const { say, number, time } = c.words;
  const tool = [scan.tool, scan.version].filter(Boolean).join(" ");
  const facts = [
    tool,
    scan.start && say("compare_scan_time", { start: time(scan.start), end: time(scan.end) }),
    say("compare_scan_found", { hosts: number(scan.hosts), open: number(scan.open) }),
    scan.inside && say("compare_scan_inside"),
    scan.watched_share < 1 && say("compare_scan_watched", { share: number(Math.floor(scan.watched_share * 100)) }),
    !scan.tells_ports && say("compare_scan_untold"),
  ];
  return el(
    "li",
    {},
    el("strong", {}, scan.source),
    ` ${facts.filter(Boolean).join(" · ")}`,
    scan.arguments && el("div", {}, el("code", {}, scan.arguments)),
  );
}

function head(c) {
  const {
    data,
    words: { say, time },
  } = c;
  const facts = [
    [say("networks"), data.site.networks.join(", ")],
    data.watched.first && [null, say("compare_watched", { first: time(data.watched.first), last: time(data.watched.last) })],
    [null, say("zone", { zone: data.site.timezone })],
    [null, say("made", { time: time(data.made) })],
    data.peers_of === "others" && [null, say("peers_others")],
    data.by_scanner && [null, say("compare_by_scanner")],
  ].filter(Boolean);
  return el(
    "header",
    {},
    el("p", { class: "product" }, say("product")),
    el("h1", {}, say("compare_title")),
    el(
      "p",
      { class: "facts" },
      facts.map(([name, text]) => el("span", {}, name && `${name} `, text)),
    ),
    data.scans.length > 0 && el("ul", { class: "scans" }, data.scans.map((scan) => scanLine(c, scan))),
  );
}

const range = ({ number }, [least, most]) => `${number(least)}–${number(most)}`;

function coveredWords({ data, words: { say } }) {
  if (data.by_scanner) return say("compare_covered_answered");
  return say(data.tells_ports ? "compare_covered" : "compare_covered_hosts");
}

function figuresSection(c) {
  const {
    data: { figures },
    words,
  } = c;
  const { say, number } = words;
  const rows = [
    ["compare_hosts", (f) => number(f.hosts)],
    ["compare_ports", (f) => number(f.ports)],
    ["compare_services", (f) => number(f.services)],
    ["compare_hosts_per_port", (f) => range(words, f.hosts_per_port)],
    ["compare_ports_per_host", (f) => range(words, f.ports_per_host)],
  ];
  const heads = SCOPES.map((scope) =>
    el("th", { scope: "colgroup", colspan: 2, class: "number" }, scope === "all" ? say("compare_all") : coveredWords(c)),
  );
  const sides = SCOPES.flatMap(() =>
    SIDES.map((side) => el("th", { scope: "col", class: "number" }, say(`compare_${side}`))),
  );
  const body = rows.map(([key, value]) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, say(key)),
      SCOPES.flatMap((scope) => SIDES.map((side) => el("td", { class: "number" }, value(figures[scope][side])))),
    ),
  );
  return section(
    c,
    "figures",
    say("compare_figures"),
    null,
    el("p", { class: "about" }, say("compare_figures_about")),
    el(
      "div",
      { class: "table-wrap" },
      el(
        "table",
        {},
        el("caption", { class: "unseen" }, say("compare_figures")),
        el("thead", {}, el("tr", {}, el("td", {}), heads), el("tr", {}, el("td", {}), sides)),
        el("tbody", {}, body),
      ),
    ),
  );
}

/** The four columns of hosts that both tables have. */
function hostColumns(c, rows) {
  const { say, number } = c.words;
  // Not as arguments of one call: there may be 65,536 ports.
  const most = rows.reduce((m, row) => Math.max(m, row.all.active, row.all.passive), 1);
  return SCOPES.flatMap((scope) =>
    SIDES.map((side) => ({
      name: say(`compare_${side}`) + (scope === "covered" ? " *" : ""),
      kind: "number",
      key: (row) => row[scope][side],
      cell: (row) => (scope === "all" ? barCell(number(row[scope][side]), row[scope][side] / most) : number(row[scope][side])),
    })),
  );
}

function portsSection(c) {
  const { ports } = c.data;
  const { say } = c.words;
  const rows = ports
    .map((row) => ({ ...row, protocol: "tcp" }))
    .sort((a, b) => Math.max(b.all.active, b.all.passive) - Math.max(a.all.active, a.all.passive));
  return section(
    c,
    "ports",
    say("compare_table_ports"),
    null,
    el("p", { class: "about" }, `* ${coveredWords(c)}`),
    sortableTable(c, {
      caption: say("compare_table_ports"),
      rows,
      find: (row) => `${row.port} ${row.service}`,
      findLabel: say("ports_find"),
      columns: [portColumn(c), ...hostColumns(c, rows)],
    }),
  );
}

function spreadSection(c) {
  const rows = c.data.ports_per_host;
  const { say } = c.words;
  return section(
    c,
    "spread",
    say("compare_table_spread"),
    null,
    sortableTable(c, {
      caption: say("compare_table_spread"),
      rows,
      sorted: { column: 0, descending: false },
      columns: [countColumn(c, "col_open_ports", "ports"), ...hostColumns(c, rows)],
    }),
  );
}

function knockLine(c, knock) {
  const where = [knock.country, knock.network, knock.lists && c.words.say("on_lists", { lists: knock.lists })].filter(Boolean).join(" ");
  return el("div", { class: "knock" }, `${c.words.time(knock.time)} ${knock.peer} ${knock.peer_port}`, where && ` ${where}`);
}

/** What the scan said, and what was seen, with each knock where there were few. */
function evidenceCell(c, row) {
  const { say, number, time } = c.words;
  const { scan, seen } = row;
  return [
    scan && el("div", {}, say("compare_scan_said", { state: scan.state, service: scan.service ?? "" })),
    seen &&
      el(
        "div",
        {},
        say("compare_seen_said", {
          first: time(seen.first),
          last: time(seen.last),
          packets: number(seen.packets),
          peers: number(seen.peers),
        }),
        seen.marks && ` ${seen.marks}`,
      ),
    seen?.knocks.map((knock) => knockLine(c, knock)),
  ];
}

function reasonSection(c, reason, rows) {
  const { say, number } = c.words;
  const key = `compare_why_${reason.replaceAll("-", "_")}`;
  const title = say(c.data.by_scanner ? `${key}_scanner` : key);
  const named = title.startsWith("compare_") ? say(key) : title;
  return el(
    "div",
    { class: "change", id: `why-${reason}` },
    el("h3", {}, named, " ", el("span", { class: "badge" }, number(rows.length))),
    sortableTable(c, {
      caption: named,
      rows,
      first: 10,
      find: (row) => `${row.address} ${row.port} ${row.service} ${row.scan?.service ?? ""}`,
      findLabel: say("changes_find"),
      columns: [
        { name: say("col_host"), kind: "text", key: (row) => addressKey(row.address), cell: (row) => hostCell({ host: row.address }) },
        portColumn(c),
        { name: say("col_packets"), kind: "number", key: (row) => row.seen?.packets ?? 0, cell: (row) => number(row.seen?.packets ?? 0) },
        { name: say("compare_evidence"), kind: "wide", sorts: false, key: () => 0, cell: (row) => evidenceCell(c, row) },
      ],
    }),
  );
}

function differences(c, id, wanted) {
  const { say } = c.words;
  const groups = new Map();
  for (const row of c.data.rows.filter(wanted)) {
    if (!groups.has(row.reason)) groups.set(row.reason, []);
    groups.get(row.reason).push(row);
  }
  // What tells most comes last in the list of reasons.
  const order = Object.keys(c.data.reasons).reverse();
  const sections = order.filter((reason) => groups.has(reason)).map((reason) => reasonSection(c, reason, groups.get(reason)));
  return section(
    c,
    id,
    say(`compare_${id}`),
    null,
    sections.length > 0 ? sections : el("p", { class: "none" }, say("none")),
  );
}

/** Fills root with the comparison. Gives the title, for the window. */
export function renderComparison(root, data) {
  const words = speaker(data.lang);
  const c = { data, words };
  root.lang = words.lang;
  root.replaceChildren(
    head(c),
    el(
      "main",
      {},
      figuresSection(c),
      differences(c, "seen_only", (row) => row.passive && !row.active),
      differences(c, "found_only", (row) => row.active && !row.passive),
      portsSection(c),
      spreadSection(c),
      data.udp_left_out > 0 && el("p", { class: "note" }, words.say("compare_udp", { n: data.udp_left_out })),
      data.places && el("p", { class: "note" }, words.say("places", { source: data.places })),
    ),
    el("footer", {}, el("p", {}, words.say("footer", { generator: data.generator }))),
  );
  return words.say("compare_title");
}
