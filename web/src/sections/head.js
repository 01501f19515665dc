// The title, what the report is about, and the key figures.
import { el } from "../dom.js";
import { nothingBefore } from "./changes.js";

const DAYS_TOLD = 4; // of those that stand out; a year may have many
const HOSTS_TOLD = 3;

export function head(c) {
  const {
    data,
    words: { say, time },
    periodText,
  } = c;
  const facts = [
    [say("networks"), data.site.networks.join(", ")],
    [null, say("zone", { zone: data.site.timezone })],
    [null, say("made", { time: time(data.made) })],
    data.include.length > 0 && [null, say("included", { marks: data.include.join(", ") })],
    data.peers_of !== "all" && [null, say(`peers_${data.peers_of}`)],
    data.anonymised && [null, say("anonymised")],
  ].filter(Boolean);
  return el(
    "header",
    {},
    el("p", { class: "product" }, say("product")),
    el("h1", {}, say("title"), " ", el("span", { class: "period" }, periodText)),
    el(
      "p",
      { class: "facts" },
      facts.map(([name, text]) => el("span", {}, name && `${name} `, text)),
    ),
  );
}

/** What of the store could not be read: nothing where all could. */
export function unread(c) {
  const files = c.data.unread ?? [];
  if (!files.length) return null;
  return el(
    "section",
    { class: "unread", id: "unread", role: "note" },
    el("p", {}, c.words.say("unread", { n: files.length })),
    el(
      "ul",
      {},
      files.map((text) => el("li", {}, text)),
    ),
  );
}

function card(c, value, name, note, href) {
  return el(
    "div",
    { class: "card" },
    el("dt", {}, href && (c.data.days.length > 1 || !href.startsWith("#figure")) ? el("a", { href }, name) : name),
    el("dd", {}, el("span", { class: "value" }, value), note && el("span", { class: "card-note" }, note)),
  );
}

/** The numbers of the whole period. */
export function keyFigures(c) {
  const {
    data: { totals, statistics, changes },
    words: { say, number, tenth },
  } = c;
  const per = totals.ports_per_host;
  const median = (s) => s && c.data.days.length > 1 && { median: tenth(s.median) };
  const medianNote = (key, s) => median(s) && say(key, median(s));
  return el(
    "section",
    { "aria-labelledby": "key-title" },
    el("h2", { id: "key-title", class: "unseen" }, say("key_figures")),
    el(
      "dl",
      { class: "cards" },
      card(
        c,
        number(totals.packets),
        say("key_packets"),
        medianNote("key_packets_note", statistics.packets),
        "#figure-packets",
      ),
      card(
        c,
        number(totals.hosts),
        say("key_hosts"),
        say("key_hosts_note", { daily: totals.daily_hosts }),
        "#figure-hosts",
      ),
      card(
        c,
        totals.peers_estimated ? `~${number(totals.peers)}` : number(totals.peers),
        say("key_peers"),
        medianNote("key_peers_note", statistics.peers),
        "#figure-peers",
      ),
      card(c, number(totals.ports), say("key_ports"), say("key_ports_note", { services: totals.services }), "#ports"),
      card(
        c,
        per ? tenth(per.mean) : "–",
        say("key_per_host"),
        per && say("key_per_host_note", { min: per.min, max: per.max }),
        "#ports-of-host",
      ),
      card(
        c,
        nothingBefore(changes) ? "–" : number(changes.new.length),
        say("key_new"),
        nothingBefore(changes)
          ? say("key_new_unknown")
          : say("key_new_note", { back: changes.back.length, gone: changes.gone.length }),
        "#changes",
      ),
    ),
  );
}

function named(hosts) {
  const told = hosts.slice(0, HOSTS_TOLD).map((h) => h.name || h.host);
  return told.join(", ") + (hosts.length > HOSTS_TOLD ? " …" : "");
}

/** What somebody should look at, each with the place where it stands. */
export function worthALook(c) {
  const {
    data,
    words: { say, day, tenth, share, duration },
  } = c;
  const items = [];
  const add = (href, text) => items.push(el("li", {}, el("a", { href }, text)));
  for (const b of data.busiest.slice(0, DAYS_TOLD)) {
    if (b.because === "packets")
      add("#busiest", say("look_packets", { date: day(b.date), times: tenth(b.times_median) }));
    else if (b.because === "peer" && b.peers.length)
      add("#busiest", say("look_peer", { date: day(b.date), share: share(b.peers[0].share) }));
  }
  if (data.busiest.length > DAYS_TOLD) add("#busiest", say("look_days", { n: data.busiest.length - DAYS_TOLD }));
  const { hosts } = data.outliers;
  if (hosts.length) add("#outliers", say("look_outliers", { n: hosts.length, hosts: named(hosts) }));
  if (data.changes.before.seen && data.changes.new.length)
    add("#changes", say("look_new", { n: data.changes.new.length }));
  if (data.changes.before.seen && data.changes.gone.length)
    add("#changes", say("look_gone", { n: data.changes.gone.length }));
  if (data.only_counted?.services.length) add("#only-counted", say("look_counted", { n: data.only_counted.packets }));
  if (data.not_captured.seconds > 0)
    add("#not-captured", say("look_gaps", { duration: duration(data.not_captured.seconds) }));
  const { recorded } = data.not_captured;
  if (recorded && recorded.kinds.length)
    add("#recorded", say("look_recorded", { duration: duration(recorded.seconds) }));
  return el(
    "section",
    { class: "look", "aria-labelledby": "look-title" },
    el("h2", { id: "look-title" }, say("look")),
    items.length ? el("ul", {}, items) : el("p", { class: "none" }, say("look_nothing")),
  );
}
