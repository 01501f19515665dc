// The words of one language, and numbers and dates as it writes them.
import en from "./words/en.json";
import ja from "./words/ja.json";

const LANGUAGES = { en, ja };
// English dates as "24 Jan 2019", whatever the reader's own country.
const LOCALES = { en: "en-GB", ja: "ja-JP" };
const NUMBERS = { en: "en", ja: "ja-JP" };

function asUtc(date) {
  return new Date(`${date.slice(0, 10)}T00:00:00Z`);
}

/**
 * Speaks one language: say(key, {n: 3}) gives a text, the other functions numbers and dates.
 * Dates are days of the site's zone already; none is moved by the reader's own.
 */
export function speaker(lang) {
  const words = LANGUAGES[lang] ?? en;
  const locale = LOCALES[lang] ?? LOCALES.en;
  const numbers = NUMBERS[lang] ?? NUMBERS.en;
  const plural = new Intl.PluralRules(numbers);
  const whole = new Intl.NumberFormat(numbers, { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat(numbers, { maximumFractionDigits: 1 });
  const compact = new Intl.NumberFormat(numbers, { notation: "compact", maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(numbers, {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const dates = (options) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
  const short = dates({ day: "numeric", month: "short" });
  const weekday = dates({ day: "numeric", month: "short", weekday: "short" });
  const long = dates({ day: "numeric", month: "long", year: "numeric" });
  const full = dates({ day: "numeric", month: "long", year: "numeric", weekday: "long" });
  const monthLong = dates({ month: "long", year: "numeric" });
  const monthShort = dates({ month: "short" });
  const yearOnly = dates({ year: "numeric" });
  const regions = new Intl.DisplayNames([locale], { type: "region" });

  const number = (n) => (n === null || n === undefined ? "–" : whole.format(n));

  function say(key, values = {}) {
    const found = words[key] ?? key;
    const text = typeof found === "string" ? found : (found[plural.select(values.n)] ?? found.other);
    return text.replace(/\{(\w+)\}/g, (all, name) => {
      const value = values[name];
      return typeof value === "number" ? number(value) : (value ?? all);
    });
  }

  /** A moment as the site's clocks showed it: "8 Jan 2019 02:00". Takes RFC 3339 and plain dates. */
  function time(text) {
    if (!text) return "–";
    const day = dates({ day: "numeric", month: "short", year: "numeric" }).format(asUtc(text));
    return text.length > 10 ? `${day} ${text.slice(11, 16)}` : day;
  }

  /** The same as two texts, between which a line may end. */
  const moment = (text) => time(text).split(/ (?=\d\d:\d\d$)/);

  function period({ kind, first, last, name }) {
    if (kind === "month") return monthLong.format(asUtc(first));
    if (kind === "year") return yearOnly.format(asUtc(first));
    if (kind === "day") return full.format(asUtc(first));
    return first && last ? long.formatRange(asUtc(first), asUtc(last)) : name;
  }

  function duration(seconds) {
    const unit = (n, name) =>
      new Intl.NumberFormat(numbers, { style: "unit", unit: name, unitDisplay: "short" }).format(n);
    const parts = [
      [Math.floor(seconds / 86400), "day"],
      [Math.floor(seconds / 3600) % 24, "hour"],
      [Math.floor(seconds / 60) % 60, "minute"],
    ];
    const told = parts.filter(([n]) => n > 0).map(([n, name]) => unit(n, name));
    return told.length ? told.slice(0, 2).join(" ") : unit(seconds, "second");
  }

  function country(code) {
    try {
      return regions.of(code);
    } catch {
      return code; // not a code that Intl knows
    }
  }

  return {
    lang: words === ja ? "ja" : "en",
    say,
    number,
    duration,
    country,
    time,
    moment,
    period,
    tenth: (n) => (n === null || n === undefined ? "–" : tenth.format(n)),
    compact: (n) => compact.format(n),
    share: (n) => (n === null || n === undefined ? "–" : percent.format(n)),
    day: (date) => short.format(asUtc(date)),
    weekday: (date) => weekday.format(asUtc(date)),
    longDay: (date) => full.format(asUtc(date)),
    month: (date) => monthShort.format(asUtc(date)),
    monthYear: (date) => monthLong.format(asUtc(date)),
    definitions: () => Object.values(words.definition),
  };
}

/** The period that a name such as 2018-12 means; a range keeps its name. */
export function periodOfName(before) {
  const kind = /^\d{4}$/.test(before.name)
    ? "year"
    : /^\d{4}-\d\d$/.test(before.name)
      ? "month"
      : /^\d{4}-\d\d-\d\d$/.test(before.name)
        ? "day"
        : "range";
  return { ...before, kind };
}
