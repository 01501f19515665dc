// Sample reports after docs/report.md, to work on the page and to test it. The same every time.
// node samples.mjs FOLDER writes them all as FOLDER/NAME.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SERVICES = {
  21: "ftp",
  22: "ssh",
  25: "smtp",
  53: "domain",
  80: "http",
  110: "pop3",
  143: "imap2",
  443: "https",
  465: "submissions",
  587: "submission",
  993: "imaps",
  995: "pop3s",
  3389: "ms-wbt-server",
  8080: "http-alt",
};

// Ports as the source's tables 1 and 2 have them: hosts, of them daily, peers.
const SOURCE_PORTS = [
  [80, 169, 151, 445034],
  [443, 106, 100, 327223],
  [25, 51, 51, 214526],
  [22, 39, 35, 20325],
  [53, 38, 32, 2655],
  [110, 37, 37, 3785],
  [143, 31, 31, 1280],
  [587, 27, 27, 8285],
  [81, 26, 22, 7482],
  [465, 20, 20, 1792],
  [993, 20, 20, 4720],
  [995, 19, 19, 8104],
  [8080, 19, 15, 13609],
  [21, 19, 14, 1185],
  [3389, 5, 3, 1890],
  [8081, 3, 2, 26065],
];

const SOURCE_PORTS_OF_HOST = [
  [1, 88],
  [2, 74],
  [3, 32],
  [4, 15],
  [5, 4],
  [6, 4],
  [7, 10],
  [8, 13],
  [9, 2],
  [10, 8],
  [11, 1],
  [12, 1],
  [13, 12],
  [14, 5],
  [59, 1],
];

function randomOf(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const between = (random, low, high) => low + Math.floor(random() * (high - low + 1));
const service = (port) => ({ port, protocol: "tcp", service: SERVICES[port] ?? "" });
const host = (i) => `163.209.${2 + Math.floor(i / 90)}.${10 + (i % 90) * 2}`;

function datesFrom(first, count) {
  const start = Date.parse(`${first}T00:00:00Z`);
  return Array.from({ length: count }, (_, i) => new Date(start + i * 86400000).toISOString().slice(0, 10));
}

const weekdayOf = (date) => ((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7) + 1;

function median(values) {
  const v = [...values].sort((a, b) => a - b);
  const m = v.length >> 1;
  return v.length % 2 ? v[m] : (v[m - 1] + v[m]) / 2;
}

function statisticsOf(days, value) {
  if (days.length === 0) return null;
  const min = days.reduce((a, b) => (value(b) < value(a) ? b : a));
  const max = days.reduce((a, b) => (value(b) > value(a) ? b : a));
  const values = days.map(value);
  return {
    min: { value: value(min), date: min.date },
    max: { value: value(max), date: max.date },
    mean: values.reduce((a, b) => a + b, 0) / values.length,
    median: median(values),
  };
}

function frame(name, kind, dates, more) {
  return {
    kind: "report",
    version: 1,
    generator: "sekimori sample",
    made: "2019-02-01T06:00:00+09:00",
    lang: "en",
    site: { networks: ["163.209.0.0/16", "2001:db8:1::/48"], timezone: "Asia/Tokyo" },
    period: { name, kind, first: dates[0], last: dates[dates.length - 1], days: dates.length, days_captured: 0 },
    include: [],
    anonymised: false,
    unread: [],
    totals: { packets: 0, hosts: 0, daily_hosts: 0, peers: 0, ports: 0, services: 0, ports_per_host: null },
    days: [],
    statistics: { packets: null, hosts: null, other_hosts: null, peers: null, new_hosts: null },
    sundays: [],
    days_seen: dates.map((_, i) => ({ days: i + 1, hosts: 0 })),
    nearly_daily: [],
    ports: [],
    ports_of_host: [],
    outliers: { more_than: null, hosts: [] },
    busiest: [],
    changes: {
      before: { name: "2018-12", first: "2018-12-01", last: "2018-12-31", seen: true },
      new: [],
      back: [],
      gone: [],
    },
    left_out: [],
    only_counted: { packets: 0, services: [] },
    not_captured: { seconds: 0, gaps: [], recorded: { seconds: 0, kinds: [], longest: [] } },
    places: null,
    ...more,
  };
}

function daysOf(
  random,
  dates,
  { packets, peers, daily, rest, first, fresh, holidays = {}, missing = [], partly = {} },
) {
  let cumulative = 0;
  return dates.map((date, i) => {
    const weekday = weekdayOf(date);
    const quiet = weekday === 7 ? 0.78 : weekday === 6 ? 0.88 : 1;
    const gone = missing.includes(i);
    const share = gone ? 0 : (partly[i] ?? 1);
    const amount = (of) => (gone ? 0 : Math.round(of * quiet * share * (0.92 + random() * 0.2)));
    const fresher = gone ? 0 : i === 0 ? first : fresh(i);
    cumulative += fresher;
    return {
      date,
      weekday,
      holiday: holidays[date] ?? null,
      captured_share: share,
      packets: amount(packets),
      hosts: gone ? 0 : daily + between(random, rest[0], rest[1]),
      daily_hosts: gone ? 0 : daily,
      peers: amount(peers),
      new_hosts: fresher,
      cumulative_hosts: cumulative,
      new_to_store: gone ? 0 : i === 0 ? 2 : Math.min(fresher, between(random, 0, 2)),
      stands_out: false,
    };
  });
}

function finish(report) {
  const seen = report.days.filter((d) => d.captured_share !== 0);
  report.statistics = {
    packets: statisticsOf(seen, (d) => d.packets),
    hosts: statisticsOf(seen, (d) => d.hosts),
    other_hosts: statisticsOf(seen, (d) => d.hosts - d.daily_hosts),
    peers: statisticsOf(seen, (d) => d.peers),
    new_hosts: statisticsOf(seen.slice(1), (d) => d.new_hosts),
  };
  report.period.days_captured = seen.length;
  const middle = report.statistics.packets?.median;
  report.sundays = report.days
    .filter((d) => d.weekday === 7 && d.captured_share !== 0)
    .map((d) => ({ date: d.date, packets: d.packets, share_of_median: d.packets / middle }));
  return report;
}

function portsOf(random, count) {
  const rows = SOURCE_PORTS.slice(0, count).map(([port, hosts, daily, peers]) => ({
    ...service(port),
    hosts,
    daily_hosts: daily,
    peers,
    packets: Math.round(peers * (8 + random() * 40)),
  }));
  const used = new Set(rows.map((r) => r.port));
  while (rows.length < count) {
    const port = between(random, 1, 65535);
    if (used.has(port)) continue;
    used.add(port);
    const hosts = rows.length < 60 ? between(random, 1, 17) : 1;
    rows.push({
      ...service(port),
      hosts,
      daily_hosts: between(random, 0, hosts),
      peers: between(random, 1, 1185),
      packets: between(random, 1, 60000),
    });
  }
  return rows.sort((a, b) => b.hosts - a.hosts || a.port - b.port);
}

function portsOfHostOf(random, table) {
  let next = 0;
  return table.map(([ports, hosts]) => {
    const sets = [];
    for (let left = hosts; left > 0;) {
      const share = sets.length > 5 ? left : Math.min(left, between(random, 1, Math.max(1, Math.ceil(left / 2))));
      const chosen = new Set();
      while (chosen.size < ports)
        chosen.add(
          random() < 0.6 || ports < 8
            ? SOURCE_PORTS[Math.floor(random() * random() * 16)][0]
            : between(random, 1024, 65535),
        );
      sets.push({
        ports: [...chosen].sort((a, b) => a - b).map(service),
        hosts: Array.from({ length: share }, () => host(next++)),
      });
      left -= share;
    }
    return { ports, hosts, sets };
  });
}

function nearlyDailyOf(dates) {
  const rows = [];
  const add = (name, missed, ports) =>
    rows.push({
      host: host(200 + rows.length),
      name,
      days: dates.length - missed.length,
      missed: missed.map((i) => dates[i]),
      services: ports.map((port, i) => ({
        ...service(port),
        packets: 900 - 300 * i,
        days: dates.length - missed.length,
      })),
    });
  add("ns-med.example.ac.jp", [9], [53, 10022]);
  add("ns-lib.example.ac.jp", [2, 17], [53, 10022]);
  add("ns-eng.example.ac.jp", [4, 12, 24], [53, 22]);
  add("ns-dent.example.ac.jp", [5, 11, 12], [53, 10443]);
  add("ns-fish.example.ac.jp", [0, 7, 8, 26], [53, 10022]);
  for (let i = 0; i < 4; i++) add("", [i + 6, i + 20], [33000 + 917 * i]);
  add("exam.example.ac.jp", [18, 19], [80, 443]);
  return rows;
}

function change(i, port, more = {}) {
  return {
    host: host(i),
    name: i % 3 ? `pc${i}.example.ac.jp` : "",
    ...service(port),
    first_seen: "2019-01-09T10:22:31.412+09:00",
    last_seen: "2019-01-31T23:12:08.001+09:00",
    packets: 40 + i * 13,
    ...more,
  };
}

function outlier59(random) {
  const ports = [80, 443, 22, 21, 25];
  while (ports.length < 57) ports.push(between(random, 1024, 32000));
  const services = ports.map((port, i) => ({
    ...service(port),
    packets: Math.round(90000 / (i + 1)),
    days: Math.max(1, 31 - i),
  }));
  services.push({ ...service(60912), packets: 2, days: 2 }, { ...service(33020), packets: 1, days: 1 });
  return { host: host(269), name: "gw.example.ac.jp", ports: 59, services };
}

/** January 2019 as the source has it, as far as its figures go. */
export function month() {
  const random = randomOf(2019);
  const dates = datesFrom("2019-01-01", 31);
  const r = frame("2019-01", "month", dates, { places: { source: "libloc, 2022-10-29" } });
  r.totals = {
    packets: 57866550,
    hosts: 270,
    daily_hosts: 204,
    peers: 876688,
    ports: 207,
    services: 1016,
    ports_per_host: { min: 1, max: 59, mean: 3.763 },
  };
  r.days = daysOf(random, dates, {
    packets: 1500000,
    peers: 61000,
    daily: 204,
    rest: [18, 28],
    first: 222,
    fresh: (i) =>
      i < 15
        ? [1, 8, 2, 4, 0, 3, 2, 3, 1, 5, 2, 0, 3, 4][i - 1]
        : [2, 0, 1, 0, 0, 1, 2, 1, 0, 1, 0, 0, 1, 0, 0, 1][i - 15],
    holidays: { "2019-01-01": "New Year's Day", "2019-01-14": "Coming-of-Age Day" },
  });
  const set = (day, more) => Object.assign(r.days[day - 1], more);
  set(1, { packets: 1131870, peers: 44371 });
  set(5, { hosts: 219 });
  set(13, { packets: 1022500 });
  set(20, { packets: 1282218 });
  set(24, { packets: 12891423, stands_out: true });
  set(26, { packets: 1710442, stands_out: true });
  set(28, { peers: 79452 });
  set(31, { hosts: 236 });
  finish(r);
  r.statistics.packets = {
    min: { value: 1022500, date: "2019-01-13" },
    max: { value: 12891423, date: "2019-01-24" },
    mean: 1866662.9,
    median: 1467102,
  };
  for (const s of r.sundays) s.share_of_median = s.packets / 1467102;
  const seen = {
    1: 14,
    3: 6,
    9: 4,
    26: 1,
    27: 1,
    28: 3,
    29: 4,
    30: 1,
    31: 204,
    2: 3,
    4: 3,
    5: 2,
    6: 3,
    7: 3,
    8: 1,
    10: 2,
    12: 3,
    14: 2,
    16: 3,
    18: 3,
    20: 2,
    22: 2,
  };
  r.days_seen = dates.map((_, i) => ({ days: i + 1, hosts: seen[i + 1] ?? 0 }));
  r.ports = portsOf(random, 207);
  r.ports_of_host = portsOfHostOf(random, SOURCE_PORTS_OF_HOST);
  r.nearly_daily = nearlyDailyOf(dates);
  r.outliers = { more_than: 13, hosts: [outlier59(random)] };
  const cdn = (last, packets, share) => ({
    peer: `104.27.${last}.254`,
    packets,
    share,
    hosts: 95,
    ports: [443, 22, 8080].map((p, i) => ({ ...service(p), packets: Math.round(packets * [0.52, 0.3, 0.18][i]) })),
    country: "US",
    as_number: 13335,
    as_name: "Cloudflare, Inc.",
  });
  const others = [
    [
      "198.51.100.7",
      61213,
      "JP",
      2907,
      "Research Organization of Information and Systems, National Institute of Informatics",
    ],
    ["203.0.113.90", 40117, "DE", 3320, "Deutsche Telekom AG"],
    ["192.0.2.44", 22008, null, null, null],
  ];
  const others2 = (all) =>
    others.map(([peer, packets, country, as_number, as_name]) => ({
      peer,
      packets,
      share: packets / all,
      hosts: between(random, 1, 60),
      ports: [service(80), service(443)].map((s, i) => ({ ...s, packets: Math.round(packets * (i ? 0.3 : 0.7)) })),
      country,
      as_number,
      as_name,
    }));
  r.busiest = [
    {
      date: "2019-01-24",
      packets: 12891423,
      times_median: 8.787,
      because: "packets",
      peers: [cdn(144, 5400002, 0.4189), cdn(145, 5278113, 0.4094), ...others2(12891423)],
    },
    {
      date: "2019-01-26",
      packets: 1710442,
      times_median: 1.166,
      because: "peer",
      peers: [cdn(144, 96000, 0.0561), cdn(145, 92148, 0.0539), ...others2(1710442)],
    },
  ];
  r.changes.new = [3, 8, 11, 40, 77, 120, 121, 122, 190].map((i, n) =>
    change(i, [8443, 3389, 80, 5900, 22, 8080, 443, 9200, 27017][n]),
  );
  r.changes.back = [
    change(55, 8080, { first_seen: "2018-06-02T08:00:00.000+09:00" }),
    change(60, 21, { first_seen: "2017-11-12T09:12:00.000+09:00" }),
  ];
  r.changes.gone = Array.from({ length: 27 }, (_, i) =>
    change(140 + i, [110, 143, 25][i % 3], {
      packets: 0,
      first_seen: "2018-03-01T00:00:02.000+09:00",
      last_seen: `2018-12-${String(4 + i).padStart(2, "0")}T18:11:00.000+09:00`,
    }),
  );
  r.left_out = [
    { mark: "excluded", packets: 912331, services: 64, hosts: 2 },
    { mark: "ftp-data", packets: 31877, services: 4120, hosts: 7 },
    { mark: "split-handshake", packets: 0, services: 0, hosts: 0 },
    { mark: "own-scan", packets: 41, services: 17, hosts: 3 },
    { mark: "inside", packets: 1203, services: 12, hosts: 9 },
  ];
  r.only_counted = {
    packets: 3141592,
    services: [
      { host: "163.209.7.80", name: "www", port: 443, protocol: "tcp", service: "https", packets: 3100000, peers: 2951200 },
      { host: "163.209.7.99", name: "", port: null, protocol: "", service: "", packets: 41500, peers: 3 },
      { host: null, name: "", port: null, protocol: "", service: "", packets: 92, peers: 17 },
    ],
  };
  r.totals.peers_estimated = true;
  for (const day of [6, 7, 20]) r.days[day].peers_estimated = true;
  r.ports[0].peers_estimated = true;
  r.not_captured = {
    seconds: 5460,
    gaps: [{ from: "2019-01-08T02:00:00+09:00", to: "2019-01-08T03:31:00+09:00", seconds: 5460 }],
    recorded: {
      seconds: 74,
      kinds: [
        { kind: "lost", gaps: 2, seconds: 4, count: 1811 },
        { kind: "stopped", gaps: 1, seconds: 70, count: 0 },
      ],
      longest: [
        { from: "2019-01-09T04:00:02+09:00", to: "2019-01-09T04:01:12+09:00", seconds: 70, kind: "stopped", count: 0, interface: "" },
        { from: "2019-01-11T10:15:00+09:00", to: "2019-01-11T10:15:03+09:00", seconds: 3, kind: "lost", count: 1804, interface: "eth1" },
        { from: "2019-01-11T10:17:00+09:00", to: "2019-01-11T10:17:01+09:00", seconds: 1, kind: "lost", count: 7, interface: "eth1" },
      ],
    },
  };
  r.days[7].captured_share = 1 - 5460 / 86400;
  return r;
}

/** A year, with three days of which nothing was captured, and several thousand ports. */
export function year() {
  const random = randomOf(365);
  const dates = datesFrom("2019-01-01", 365);
  const r = frame("2019", "year", dates);
  r.days = daysOf(random, dates, {
    packets: 1600000,
    peers: 60000,
    daily: 180,
    rest: [30, 60],
    first: 222,
    fresh: () => (random() < 0.4 ? between(random, 1, 4) : 0),
    missing: [130, 131, 132],
    partly: { 129: 0.4, 133: 0.7 },
    holidays: {
      "2019-01-01": "New Year's Day",
      "2019-05-03": "Constitution Memorial Day",
      "2019-11-03": "Culture Day",
    },
  });
  r.days[23].packets = 12891423;
  finish(r);
  const cumulative = r.days[364].cumulative_hosts;
  r.totals = {
    packets: r.days.reduce((a, d) => a + d.packets, 0),
    hosts: cumulative,
    daily_hosts: 180,
    peers: 8123456,
    ports: 4000,
    services: 5120,
    ports_per_host: { min: 1, max: 59, mean: 3.9 },
  };
  r.days_seen.forEach((d) => {
    d.hosts = d.days > 362 ? 0 : d.days === 362 ? 180 : d.days < 30 ? between(random, 0, 9) : random() < 0.2 ? 1 : 0;
  });
  r.ports = portsOf(random, 4000);
  r.ports_of_host = portsOfHostOf(random, SOURCE_PORTS_OF_HOST);
  r.nearly_daily = [
    {
      host: host(3),
      name: "",
      days: 317,
      missed: dates.slice(200, 245),
      services: [{ ...service(53), packets: 7, days: 317 }],
    },
  ];
  r.not_captured = {
    seconds: 3 * 86400 + 77760,
    gaps: [{ from: "2019-05-10T09:36:00+09:00", to: "2019-05-14T07:12:00+09:00", seconds: 336960 }],
    recorded: { seconds: 0, kinds: [], longest: [] },
  };
  r.changes.before = { name: "2018", first: "2018-01-01", last: "2018-12-31", seen: false };
  r.changes.new = Array.from({ length: 240 }, (_, i) => change(i, between(random, 1, 65535)));
  return r;
}

/** One day: no pattern of days, no statistics of worth; its busiest peers in any case. */
export function day() {
  const random = randomOf(1);
  const dates = datesFrom("2019-01-24", 1);
  const r = frame("2019-01-24", "day", dates);
  const whole = month();
  r.days = [
    {
      ...whole.days[23],
      hosts: 228,
      daily_hosts: 228,
      new_hosts: 228,
      cumulative_hosts: 228,
      new_to_store: 0,
      stands_out: false,
    },
  ];
  finish(r);
  r.statistics.new_hosts = null;
  r.totals = {
    packets: 12891423,
    hosts: 228,
    daily_hosts: 228,
    peers: 71002,
    ports: 120,
    services: 700,
    ports_per_host: { min: 1, max: 57, mean: 3.07 },
  };
  r.days_seen = [{ days: 1, hosts: 228 }];
  r.ports = portsOf(random, 120);
  r.ports_of_host = portsOfHostOf(random, [
    [1, 90],
    [2, 100],
    [3, 30],
    [57, 1],
  ]);
  r.busiest = [{ ...whole.busiest[0], because: "only-day", times_median: 1 }];
  return r;
}

/** A period of which the store has nothing, and nothing was captured. */
export function empty() {
  const dates = datesFrom("2019-02-01", 28);
  const r = frame("2019-02", "month", dates);
  r.days = dates.map((date) => ({
    date,
    weekday: weekdayOf(date),
    holiday: null,
    captured_share: 0,
    packets: 0,
    hosts: 0,
    daily_hosts: 0,
    peers: 0,
    new_hosts: 0,
    cumulative_hosts: 0,
    new_to_store: 0,
    stands_out: false,
  }));
  r.not_captured = {
    seconds: 28 * 86400,
    gaps: [{ from: "2019-02-01T00:00:00+09:00", to: "2019-03-01T00:00:00+09:00", seconds: 28 * 86400 }],
    recorded: { seconds: 0, kinds: [], longest: [] },
  };
  return r;
}

export const HOSTILE = `</script><img src=x onerror="window.broken=1"><!--<script>${"\u2028"}{hosts}$&`;

/** The month, with names that would like to be markup wherever a text of others stands. */
export function hostile() {
  const r = month();
  r.site.timezone = HOSTILE;
  r.unread = ["/var/lib/sekimori/archive/20190124T010003Z-50bb6db2d573bae5: part-0000: byte 608: wrong checksum", HOSTILE];
  r.days[13].holiday = HOSTILE;
  r.nearly_daily[0].name = HOSTILE;
  r.ports[0].service = HOSTILE;
  r.outliers.hosts[0].name = HOSTILE;
  r.busiest[0].peers[0].as_name = HOSTILE;
  r.busiest[0].peers[0].country = "<b>";
  r.changes.new[0].name = HOSTILE;
  r.left_out[0].mark = HOSTILE;
  r.places.source = HOSTILE;
  return r;
}

/** The same month for a Japanese reader, with hosts' addresses hidden. */
export function anonymised() {
  const text = JSON.stringify({ ...month(), lang: "ja", anonymised: true });
  const numbers = new Map();
  const hidden = (address) => `163.209.x.y#${numbers.get(address) ?? numbers.set(address, numbers.size + 1).size}`;
  const r = JSON.parse(
    text.replace(/163\.209\.(?!0\.0\/)\d+\.\d+/g, hidden).replace(/"name":"[^"]*example[^"]*"/g, '"name":""'),
  );
  r.days[0].holiday = "元日";
  r.days[13].holiday = "成人の日";
  return r;
}

export const SAMPLES = { month, year, day, empty, hostile, anonymised };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? ".";
  mkdirSync(folder, { recursive: true });
  for (const [name, make] of Object.entries(SAMPLES))
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(make(), null, 1));
}
