// Holds what a page shows against the JSON that lies in it, number by number. Knows nothing of the page's own code.
import { expect, expectTrue } from "./browser.mjs";

const number = (n) => n.toLocaleString("en-US", { maximumFractionDigits: 0 });
const peersOf = (row) => (row.peers_estimated ? "~" : "") + number(row.peers);
const share = (n) => `${(n * 100).toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 })}%`;
const texts = (page, selector) => page.locator(selector).allInnerTexts();
const digits = (text) => text.match(/\d[\d,]*(\.\d+)?/g) ?? [];

/** The text of each cell of a table's body, once all of its rows are asked for. */
export async function rowsOf(page, within) {
  const more = page
    .locator(`${within} > .table .more`)
    .or(page.locator(`${within} > .under-table .more`))
    .first();
  if (await more.isVisible()) await more.click();
  return page
    .locator(`${within} .table-wrap tbody`)
    .first()
    .evaluate((body) =>
      // A row that is not laid out, since it is one of thousands and out of sight, has no inner text.
      [...body.rows].map((row) => [...row.cells].map((cell) => (cell.innerText || cell.textContent).replace(/\s+/g, " ").trim())),
    );
}

/** A chart's values as they are read out, without the digits of its date. */
async function said(page, id) {
  const labels = await page
    .locator(`#${id} [role=option]`)
    .evaluateAll((all) => all.map((option) => option.getAttribute("aria-label")));
  return labels.map((label) => digits(label.replace(/^.*?\b(\d{4}|seen on \d+ days?), /, "")));
}

/** On how many days something is said that has these letters. */
async function spokenWith(page, id, letters) {
  const labels = await page
    .locator(`#${id} [role=option]`)
    .evaluateAll((all) => all.map((option) => option.getAttribute("aria-label")));
  return labels.filter((label) => label.includes(letters)).length;
}

/** The heights of a chart's bars, of the nth set, in pixels. */
function heights(page, id, nth) {
  return page
    .locator(`#${id} svg g[aria-label=bar]`)
    .nth(nth)
    .locator("rect")
    .evaluateAll((all) => all.map((bar) => Number(bar.getAttribute("height"))));
}

/** As docs/report.md has it. */
const blank = (day) => day.captured_share < 0.01 && day.packets === 0;

async function checkFigure(page, id, days, values, { bars, estimated = () => false } = {}) {
  const spoken = await said(page, id);
  expect(`${id}: steps`, spoken.length, days.length);
  days.forEach((day, i) => {
    const wanted = blank(day) ? [] : values(day).map(number);
    const got = spoken[i].slice(0, Math.max(wanted.length, blank(day) ? 99 : 0));
    if (JSON.stringify(got) !== JSON.stringify(wanted)) expect(`${id}: what is said of ${day.date}`, got, wanted);
  });
  const guessed = days.filter((d) => !blank(d) && estimated(d)).length;
  expect(`${id}: said to be estimates`, await spokenWith(page, id, "~"), guessed);
  expect(`${id}: estimates are explained`, (await texts(page, `#${id} .note`)).some((t) => t.startsWith("~")), guessed > 0);
  const label = await page.locator(`#${id} [role=img]`).first().getAttribute("aria-label");
  expectTrue(`${id}: the drawing has words`, label && label.length > 20);
  if (!bars) return;
  const seen = days.filter((d) => !blank(d));
  const drawn = await heights(page, id, bars.nth);
  const scale = Math.max(...drawn) / Math.max(...seen.map(bars.value));
  expect(`${id}: bars drawn`, drawn.length, seen.length);
  expect(
    `${id}: bars not as high as their values`,
    seen.filter((d, i) => Math.abs(drawn[i] - bars.value(d) * scale) > 0.6).map((d) => d.date),
    [],
  );
  await page.locator(`#${id} .as-table summary`).click();
  const rows = await rowsOf(page, `#${id} .as-table`);
  const mark = (d) => (estimated(d) ? "~" : "");
  const wanted = days.map((d) => values(d).map((n) => (blank(d) ? "–" : mark(d) + number(n))));
  expect(
    `${id}: the table of it`,
    rows.map((row) => row.slice(1, 1 + wanted[0].length)),
    wanted,
  );
  await page.locator(`#${id} .as-table summary`).click();
}

async function checkFigures(page, { days, days_seen: seen, period }) {
  // Patterns and bands of days without a capture come before the values.
  const bands = days.some(blank) ? 1 : 0;
  await checkFigure(page, "figure-packets", days, (d) => [d.packets], {
    bars: { nth: bands, value: (d) => d.packets },
  });
  await checkFigure(page, "figure-hosts", days, (d) => [d.hosts, d.daily_hosts], {
    bars: { nth: bands, value: (d) => d.daily_hosts },
  });
  await checkFigure(page, "figure-new", days, (d) => [d.new_hosts, d.new_to_store, d.cumulative_hosts]);
  await checkFigure(page, "figure-peers", days, (d) => [d.peers], {
    bars: { nth: bands, value: (d) => d.peers },
    estimated: (d) => d.peers_estimated,
  });
  expect(
    "figure 3: what is said",
    await said(page, "figure-seen"),
    seen.slice(0, period.days_captured).map((s) => [number(s.hosts)]),
  );
}

async function checkTables(page, data) {
  const ports = await rowsOf(page, "#ports");
  expect(
    "ports",
    ports.map((r) => r.slice(1)),
    data.ports.map((p) => [number(p.hosts), number(p.daily_hosts), peersOf(p), number(p.packets)]),
  );
  expect(
    "names of ports",
    ports.map((r) => r[0]),
    data.ports.map((p) => `${p.port}/${p.protocol} ${p.service}`.trim().replace(/\s+/g, " ")),
  );
  const perHost = await rowsOf(page, "#ports-of-host"); // opens every row, too
  expect(
    "ports of hosts",
    perHost.map((r) => r.slice(0, 2)),
    data.ports_of_host.map((p) => [number(p.ports), number(p.hosts)]),
  );
  if (data.ports_of_host.length) {
    await page.waitForFunction(
      (n) => document.querySelectorAll("#ports-of-host .sets > li").length >= n,
      data.ports_of_host.reduce((n, p) => n + p.sets.length, 0),
    );
    const sets = await page
      .locator("#ports-of-host .sets > li")
      .evaluateAll((all) =>
        all.map((set) => [
          [...set.querySelectorAll(".set-ports > .ports > .port")].map((p) => parseInt(p.textContent, 10)),
          [...set.querySelectorAll(".address")].map((a) => a.textContent),
        ]),
      );
    expect(
      "sets of ports, and their hosts",
      sets,
      data.ports_of_host.flatMap((p) => p.sets.map((s) => [s.ports.map((x) => x.port), s.hosts])),
    );
  }
  for (const [i, outlier] of data.outliers.hosts.entries()) {
    const details = `#outliers details:nth-of-type(${i + 1})`;
    await page.locator(`${details} > summary`).click();
    expectTrue("outlier is named", (await page.locator(`${details} > summary`).innerText()).includes(outlier.host));
    expect(
      "ports of an outlier",
      (await rowsOf(page, details)).map((r) => r.slice(1)),
      outlier.services.map((s) => [number(s.packets), number(s.days)]),
    );
  }
  if (data.nearly_daily.length) {
    const rows = await rowsOf(page, "#nearly-daily");
    expect(
      "nearly daily",
      rows.map((r) => [r[0].split(" ")[0], r[1]]),
      data.nearly_daily.map((h) => [h.host, number(h.days)]),
    );
    const strips = await page
      .locator("#nearly-daily .strip")
      .evaluateAll((all) =>
        all.map((strip) => [strip.querySelectorAll(".strip-missed").length, strip.childElementCount]),
      );
    expect(
      "strips of days",
      strips,
      data.nearly_daily.map((h) => [
        h.missed.filter((m) => !blank(data.days.find((d) => d.date === m))).length,
        data.days.length,
      ]),
    );
  }
}

async function checkBusiest(page, { busiest }) {
  expect("busy days", await page.locator("#busiest .busy-day").count(), busiest.length);
  for (const [i, busy] of busiest.entries()) {
    const rows = await page
      .locator("#busiest .busy-day")
      .nth(i)
      .locator("tbody tr")
      .evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
    expect(
      `peers of ${busy.date}`,
      rows.map((r) => r.slice(0, 4)),
      busy.peers.map((p) => [p.peer, number(p.packets), share(p.share), number(p.hosts)]),
    );
    const ports = await page
      .locator("#busiest .busy-day")
      .nth(i)
      .locator("tbody tr")
      .evaluateAll((all) =>
        all.map((row) => [...row.cells[4].querySelectorAll(".port")].map((p) => parseInt(p.textContent, 10)).join()),
      );
    expect(
      `ports of ${busy.date}`,
      ports,
      busy.peers.map((p) => p.ports.map((x) => x.port).join()),
    );
    for (const [n, peer] of busy.peers.entries())
      if (peer.as_name) expectTrue(`network of ${peer.peer}`, rows[n][5].includes(peer.as_name.trim()));
  }
}

async function checkRest(page, data) {
  for (const kind of ["new", "back", "gone"]) {
    const wanted = data.changes[kind];
    if (wanted.length === 0) continue;
    const rows = await rowsOf(page, `#changes-${kind}`);
    expect(
      `changes, ${kind}`,
      rows.map((r) => `${r[0].split(" ")[0]} ${digits(r[1])[0]}`),
      wanted.map((w) => `${w.host} ${w.port}`),
    );
    expect(
      `changes, ${kind}: times`,
      rows.map((r) => r[2].slice(-5)),
      wanted.map((w) => w.first_seen.slice(11, 16)),
    );
  }
  const out = data.left_out.filter((l) => l.packets > 0);
  if (out.length) {
    const rows = await rowsOf(page, "#left-out");
    const wanted = out.map((l) => [l.packets, l.services, l.hosts].map(number));
    expect(
      "left out",
      rows.map((r) => r.slice(1)),
      wanted,
    );
  }
  if (data.not_captured.gaps.length)
    expect(
      "gaps",
      (await rowsOf(page, "#not-captured")).map((r) => r[0].slice(-5)),
      data.not_captured.gaps.map((g) => g.from.slice(11, 16)),
    );
  const counted = data.only_counted.services;
  if (counted.length) {
    expect(
      "what was only counted",
      (await rowsOf(page, "#only-counted")).map((r) => [r[1].split("/")[0], r[2], r[3]]),
      counted.map((s) => [
        s.port === null ? (s.host === null ? "" : "all others") : String(s.port),
        number(s.packets),
        `~${number(s.peers)}`,
      ]),
    );
  }
  const { kinds, longest } = data.not_captured.recorded;
  if (kinds.length) {
    expect(
      "recorded gaps by kind",
      (await rowsOf(page, "#recorded")).map((r) => [r[0].split(":")[0], r[1], r[3]]),
      kinds.map((k) => [k.kind, number(k.gaps), number(k.count)]),
    );
    expect(
      "the longest recorded gaps",
      (await rowsOf(page, "#recorded-longest")).map((r) => [r[0].slice(-5), r[3].split(":")[0], r[4], r[5]]),
      longest.map((g) => [g.from.slice(11, 16), g.kind, number(g.count), g.interface]),
    );
  }
}

/** All of a page in English whose period has hosts. */
export async function checkAgainstJson(page) {
  const data = JSON.parse(await page.locator("#data").textContent());
  const { totals } = data;
  const { before, new: fresh, back, gone } = data.changes;
  const values = await texts(page, ".card .value");
  expect(
    "key figures",
    values.map((v) => v.trim()),
    [number(totals.packets), number(totals.hosts), peersOf(totals), number(totals.ports)]
      .concat(
        totals.ports_per_host.mean.toLocaleString("en-US", { maximumFractionDigits: 1 }),
        before.seen || fresh.length + back.length + gone.length ? number(fresh.length) : "–",
      ),
  );
  expect("what cannot be read", await texts(page, "#unread li"), data.unread);
  if (data.days.length > 1) await checkFigures(page, data);
  await checkTables(page, data);
  await checkBusiest(page, data);
  await checkRest(page, data);
}
