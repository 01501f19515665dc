// Tables that can be sorted by each column, by mouse and keyboard, and that show their first rows until asked for all.
import { el } from "./dom.js";

/** Shares are numbers that look and sort as such. */
const classOf = ({ kind }) => (kind === "share" ? "number share" : kind);

function compareKeys(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Addresses in the order of their numbers, IPv4 first; hidden ones by their number. */
export function addressKey(text) {
  if (text.includes("#")) return `2${text.split("#")[1].padStart(12, "0")}`;
  if (!text.includes(":"))
    return `0${text
      .split(".")
      .map((part) => part.padStart(3, "0"))
      .join(".")}`;
  const [head, tail] = text.split("::");
  const left = head ? head.split(":") : [];
  const right = tail ? tail.split(":") : [];
  const middle = tail === undefined ? [] : Array(Math.max(0, 8 - left.length - right.length)).fill("0");
  return `1${[...left, ...middle, ...right].map((part) => part.padStart(4, "0")).join(":")}`;
}

/** Lets the keyboard scroll a table that is wider than its place. */
function watchOverflow(wrap, label) {
  const look = () => {
    const over = wrap.scrollWidth > wrap.clientWidth + 1;
    wrap.classList.toggle("scrolls", over);
    if (over) {
      wrap.tabIndex = 0;
      wrap.setAttribute("role", "region");
      wrap.setAttribute("aria-label", label);
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) wrap.removeAttribute(name);
    }
  };
  new ResizeObserver(look).observe(wrap);
}

function headCell(column, onclick) {
  const arrow = el("span", { class: "arrow", "aria-hidden": "true" });
  const inside = column.sorts === false ? column.name : el("button", { type: "button", onclick }, column.name, arrow);
  return el("th", { scope: "col", class: classOf(column) }, inside);
}

function rowOf(columns, row) {
  const cells = columns.map((column, i) => {
    const content = column.cell ? column.cell(row) : column.key(row);
    const attributes = { class: classOf(column) };
    return i === 0 ? el("th", { scope: "row", ...attributes }, content) : el("td", attributes, content);
  });
  return el("tr", {}, cells);
}

function searchBox(label, found) {
  const oninput = (event) => found(event.target.value.trim().toLowerCase());
  return el("label", { class: "find" }, el("span", {}, label), el("input", { type: "search", oninput }));
}

/** The rows in this order; those that are equal stay as they come. */
function inOrder(rows, { key }, descending) {
  const sign = descending ? -1 : 1;
  const keyed = rows.map((row) => [key(row), row]);
  return keyed.sort((a, b) => sign * compareKeys(a[0], b[0])).map(([, row]) => row);
}

/**
 * A table of rows.
 * columns: [{name, kind ("text", "number", "share", "port", "wide"), key(row): what sorts, cell(row): text or node;
 *   the key when left out, sorts: false when it does not}]
 * first: rows shown until all are asked for. sorted: {column, descending}: how the rows come already.
 * find(row): the text in which a search looks; without it there is no search.
 */
export function sortableTable(c, { caption, columns, rows, first = 20, sorted = null, find = null, findLabel = "" }) {
  const { say } = c.words;
  if (rows.length === 0) return el("p", { class: "none" }, say("none"));
  const enough = first + 3; // a button for three rows is no help
  const state = { order: sorted, all: rows.length <= enough, wanted: "" };
  const cache = new Map(); // a row is made once: sorting thousands only moves them
  const made = (row) => cache.get(row) ?? cache.set(row, rowOf(columns, row)).get(row);
  const change = (to) => show(Object.assign(state, to));

  const heads = columns.map((column, i) => headCell(column, () => sortBy(i)));
  const body = el("tbody");
  const count = el("span", { class: "count", role: "status" });
  const more = el("button", { type: "button", class: "more", onclick: () => change({ all: !state.all }) });
  const head = el("thead", {}, el("tr", {}, heads));
  const table = el("table", {}, el("caption", { class: "unseen" }, caption), head, body);
  const wrap = el("div", { class: "table-wrap" }, table);
  const search = find && rows.length > first && searchBox(findLabel, (wanted) => change({ wanted }));

  function sortBy(i) {
    const falling = columns[i].kind === "number" || columns[i].kind === "share";
    const again = state.order?.column === i;
    change({ order: { column: i, descending: again ? !state.order.descending : falling } });
  }

  function chosen({ order, wanted }) {
    const kept = wanted ? rows.filter((row) => find(row).toLowerCase().includes(wanted)) : rows;
    return order ? inOrder(kept, columns[order.column], order.descending) : kept;
  }

  function show({ order, all }) {
    const list = chosen(state);
    const shown = all ? list : list.slice(0, first);
    body.replaceChildren(...shown.map(made));
    heads.forEach((th, i) => {
      const sort = order?.column !== i ? "none" : order.descending ? "descending" : "ascending";
      if (columns[i].sorts !== false) th.setAttribute("aria-sort", sort);
    });
    wrap.classList.toggle("short", shown.length <= 8);
    more.hidden = list.length <= enough;
    more.textContent = all ? say("show_fewer", { n: first }) : say("show_all", { n: list.length });
    count.textContent = shown.length < rows.length ? say("rows_shown", { shown: shown.length, n: rows.length }) : "";
  }

  show(state);
  watchOverflow(wrap, caption);
  return el("div", { class: "table" }, search, wrap, el("p", { class: "under-table" }, more, count));
}
