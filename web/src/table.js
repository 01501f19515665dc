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
  if (!text.includes(":")) return `0${text.split(".").map((part) => part.padStart(3, "0")).join(".")}`;
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
  let order = sorted;
  let all = rows.length <= first + 3; // a button for three rows is no help
  let wanted = "";

  const heads = columns.map((column, i) => {
    const inside = column.sorts === false ? column.name
      : el("button", { type: "button", onclick: () => sortBy(i) }, column.name, el("span", { class: "arrow", "aria-hidden": "true" }));
    return el("th", { scope: "col", class: classOf(column) }, inside);
  });
  const body = el("tbody");
  const count = el("span", { class: "count", role: "status" });
  const more = el("button", { type: "button", class: "more", onclick: () => { all = !all; show(); } });
  const search = find && rows.length > first && el("label", { class: "find" }, el("span", {}, findLabel), el("input", { type: "search", oninput: (event) => { wanted = event.target.value.trim().toLowerCase(); show(); } }));

  function sortBy(i) {
    const falling = columns[i].kind === "number" || columns[i].kind === "share";
    order = order?.column === i ? { column: i, descending: !order.descending } : { column: i, descending: falling };
    show();
  }

  function chosen() {
    const kept = wanted ? rows.filter((row) => find(row).toLowerCase().includes(wanted)) : [...rows];
    if (!order) return kept;
    const { key } = columns[order.column];
    const sign = order.descending ? -1 : 1;
    return kept.map((row) => [key(row), row]).sort((a, b) => sign * compareKeys(a[0], b[0])).map(([, row]) => row);
  }

  function show() {
    const list = chosen();
    const shown = all ? list : list.slice(0, first);
    body.replaceChildren(...shown.map((row) => el("tr", {}, columns.map((column, i) => {
      const content = column.cell ? column.cell(row) : column.key(row);
      const attributes = { class: classOf(column) };
      return i === 0 ? el("th", { scope: "row", ...attributes }, content) : el("td", attributes, content);
    }))));
    heads.forEach((head, i) => {
      if (columns[i].sorts === false) return;
      head.setAttribute("aria-sort", order?.column === i ? (order.descending ? "descending" : "ascending") : "none");
    });
    wrap.classList.toggle("short", shown.length <= 12);
    more.hidden = list.length <= first + 3;
    more.textContent = all ? say("show_fewer", { n: first }) : say("show_all", { n: list.length });
    count.textContent = shown.length < rows.length ? say("rows_shown", { shown: shown.length, n: rows.length }) : "";
  }

  const wrap = el("div", { class: "table-wrap" }, el("table", {}, el("caption", { class: "unseen" }, caption), el("thead", {}, el("tr", {}, heads)), body));
  show();
  watchOverflow(wrap, caption);
  return el("div", { class: "table" }, search, wrap, el("p", { class: "under-table" }, more, count));
}
