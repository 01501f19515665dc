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

/*
 * A table lays out each of its rows whenever one moves: 4,000 of them take most of a second. Beyond so many rows each is
 * a grid of its own, with columns as a table would have them, and those out of sight are left alone (.many).
 */
const MANY = 500;

/** For each column the row with the most text in it: these alone tell how wide a table makes its columns. */
function widest(rows, columns) {
  const length = (row, i) => row.cells[i].textContent.length;
  return columns.map((_, i) => rows.reduce((most, row) => (length(row, i) > length(most, i) ? row : most)));
}

/** Gives the columns of many rows the widths of a table with these. */
function measure(wrap, table, rows) {
  const copy = table.cloneNode(false);
  copy.className = "measured";
  copy.append(table.tHead.cloneNode(true), el("tbody", {}, [...new Set(rows)].map((row) => row.cloneNode(true))));
  wrap.append(copy);
  const widths = [...copy.tHead.rows[0].cells].map((cell) => `${cell.getBoundingClientRect().width.toFixed(2)}px`);
  copy.remove();
  table.style.setProperty("--columns", widths.join(" "));
}

/** Lets the keyboard scroll a table that is wider than its place. */
function watchOverflow(wrap, label, resized) {
  let width = wrap.clientWidth;
  const look = () => {
    if (wrap.clientWidth !== width) resized();
    width = wrap.clientWidth;
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

function headCell(column, role, onclick) {
  const arrow = el("span", { class: "arrow", "aria-hidden": "true" });
  const inside = column.sorts === false ? column.name : el("button", { type: "button", onclick }, column.name, arrow);
  return el("th", { scope: "col", class: classOf(column), ...role("columnheader") }, inside);
}

/** Said aloud where CSS takes the table away. */
const roles = (many) => (name) => (many ? { role: name } : {});

function rowOf(columns, row, many) {
  const role = roles(many);
  const cells = columns.map((column, i) => {
    const content = column.cell ? column.cell(row) : column.key(row);
    const attributes = { class: classOf(column), ...role(i === 0 ? "rowheader" : "cell") };
    return i === 0 ? el("th", { scope: "row", ...attributes }, content) : el("td", attributes, content);
  });
  return el("tr", role("row"), cells);
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
  const many = rows.length > MANY;
  let ruling = null; // of many rows, those that rule the widths
  const state = { order: sorted, all: rows.length <= enough, wanted: "" };
  const cache = new Map(); // a row is made once: sorting thousands only moves them
  const made = (row) => cache.get(row) ?? cache.set(row, rowOf(columns, row, many)).get(row);
  const change = (to) => show(Object.assign(state, to));

  const role = roles(many);
  const heads = columns.map((column, i) => headCell(column, role, () => sortBy(i)));
  const body = el("tbody", role("rowgroup"));
  const count = el("span", { class: "count", role: "status" });
  const more = el("button", { type: "button", class: "more", onclick: () => change({ all: !state.all }) });
  const head = el("thead", role("rowgroup"), el("tr", role("row"), heads));
  const table = el("table", role("table"), el("caption", { class: "unseen" }, caption), head, body);
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
    table.classList.toggle("many", shown.length > MANY);
    if (shown.length > MANY && !ruling) measure(wrap, table, (ruling = widest(rows.map(made), columns)));
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
  watchOverflow(wrap, caption, () => ruling && measure(wrap, table, ruling));
  return el("div", { class: "table" }, search, wrap, el("p", { class: "under-table" }, more, count));
}
