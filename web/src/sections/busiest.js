// Days that stand out, with the external hosts that were answered most.
import { addressKey, sortableTable } from "../table.js";
import { address, barCell, portList, section } from "../parts.js";
import { el } from "../dom.js";

function networkOf(c, peer) {
  const as = [peer.as_number !== null && peer.as_number !== undefined && `AS${peer.as_number}`, peer.as_name]
    .filter(Boolean)
    .join(" ");
  const told = [
    peer.country && el("span", { class: "country" }, c.words.country(peer.country)),
    as && el("span", { class: "network" }, as),
    peer.lists && el("span", { class: "network" }, c.words.say("on_lists", { lists: peer.lists })),
  ].filter(Boolean);
  return told.length ? told : "–";
}

function peersOf(c, { date, peers }) {
  const { say, number, share, longDay } = c.words;
  const known = peers.some((p) => p.country || p.as_name || p.as_number || p.lists);
  return sortableTable(c, {
    caption: longDay(date),
    rows: peers,
    sorted: { column: 1, descending: true },
    columns: [
      { name: say("col_peer"), kind: "text", key: (p) => addressKey(p.peer), cell: (p) => address(p.peer) },
      { name: say("col_packets"), kind: "number", key: (p) => p.packets, cell: (p) => number(p.packets) },
      { name: say("col_share"), kind: "share", key: (p) => p.share, cell: (p) => barCell(share(p.share), p.share) },
      { name: say("col_answered"), kind: "number", key: (p) => p.hosts, cell: (p) => number(p.hosts) },
      { name: say("col_knocked"), kind: "wide", sorts: false, cell: (p) => portList(p.ports) },
      known && {
        name: say("col_network"),
        kind: "wide",
        key: (p) => `${p.country ?? ""} ${p.as_name ?? ""}`,
        cell: (p) => networkOf(c, p),
      },
    ].filter(Boolean),
  });
}

function dayOf(c, busy) {
  const { say, number, tenth, longDay, share } = c.words;
  const because = say(`because_${busy.because.replace("-", "_")}`, {
    packets: number(busy.packets),
    times: tenth(busy.times_median),
  });
  const together =
    busy.peers.length > 1 &&
    say("together", { n: busy.peers.length, share: share(busy.peers.reduce((sum, p) => sum + p.share, 0)) });
  return el(
    "div",
    { class: "busy-day" },
    el("h3", {}, longDay(busy.date)),
    el("p", { class: "about" }, because, c.words.lang === "ja" ? "。" : ". ", together),
    peersOf(c, busy),
  );
}

export function busiestSection(c) {
  const {
    data: { busiest },
    words: { say },
  } = c;
  const only = busiest.length > 0 && busiest.every((b) => b.because === "only-day");
  return section(
    c,
    "busiest",
    say(only ? "col_peers" : "busiest"),
    null,
    ...(busiest.length
      ? [el("p", { class: "about" }, say(only ? "busiest_only" : "busiest_about")), busiest.map((b) => dayOf(c, b))]
      : [el("p", { class: "none" }, say("busiest_none"))]),
  );
}
