// Table 3: how many hosts have one port open, two, …; which sets of ports those are, and which hosts share one.
import { address, barCell, portList, section } from "../parts.js";
import { el, joined } from "../dom.js";

function setsOf(c, sets) {
  return el(
    "ul",
    { class: "sets" },
    sets.map((set) =>
      el(
        "li",
        {},
        el("span", { class: "set-ports" }, portList(set.ports)),
        el(
          "span",
          { class: "set-hosts" },
          `${c.words.say("n_hosts", { n: set.hosts.length })}: `,
          joined(set.hosts.map(address), ", "),
        ),
      ),
    ),
  );
}

function row(c, entry, most) {
  const { say, number } = c.words;
  const details = el("details", {}, el("summary", {}, say("n_sets", { n: entry.sets.length })));
  // Made when opened: a site may have thousands of hosts.
  details.addEventListener(
    "toggle",
    () => details.open && details.childElementCount === 1 && details.append(setsOf(c, entry.sets)),
  );
  return el(
    "tr",
    {},
    el("th", { scope: "row", class: "number" }, number(entry.ports)),
    el("td", { class: "number" }, barCell(number(entry.hosts), entry.hosts / most)),
    el("td", { class: "wide" }, details),
  );
}

export function portsOfHostSection(c, number) {
  const {
    data: { ports_of_host: entries },
    words: { say },
  } = c;
  const most = Math.max(1, ...entries.map((e) => e.hosts));
  const table = el(
    "table",
    { class: "row-heads" },
    el("caption", { class: "unseen" }, say("ports_of_host")),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col", class: "number" }, say("col_open_ports")),
        el("th", { scope: "col", class: "number" }, say("col_hosts")),
        el("th", { scope: "col", class: "wide" }, say("col_sets")),
      ),
    ),
    el(
      "tbody",
      {},
      entries.map((e) => row(c, e, most)),
    ),
  );
  const all = el(
    "button",
    {
      type: "button",
      class: "more",
      onclick: () => {
        const closed = [...table.querySelectorAll("details")].some((d) => !d.open);
        for (const d of table.querySelectorAll("details")) d.open = closed;
        all.textContent = say(closed ? "collapse_all" : "expand_all");
      },
    },
    say("expand_all"),
  );
  return section(
    c,
    "ports-of-host",
    say("ports_of_host"),
    number,
    ...(entries.length
      ? [
          el("p", { class: "about" }, say("ports_of_host_about")),
          el("div", { class: "table-wrap" }, table),
          el("p", { class: "under-table" }, all),
        ]
      : [el("p", { class: "none" }, say("none"))]),
  );
}
