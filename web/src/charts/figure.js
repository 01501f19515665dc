// The frame of each chart: heading, legend, the drawing with its values by pointer and keyboard, and a table of the same.
import { el } from "../dom.js";
import { sortableTable } from "../table.js";
import { swatch } from "./hatch.js";

const PRINT_WIDTH = 690; // an A4 page within its margins
const PRINT_TALL = 0.72; // so low that two, and then three, find room on a page
const drawn = new Set();

/** Draws every chart anew for paper, and back for the screen. */
export function drawForPrint(printing) {
  for (const draw of drawn) draw(printing ? PRINT_WIDTH : null);
}

function keys(event, at, last) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 7, PageUp: -7 }[event.key];
  if (step) return at < 0 ? 0 : Math.max(0, Math.min(last, at + step));
  if (event.key === "Home") return 0;
  return event.key === "End" ? last : null;
}

/** The values, one above the other place: a list box over the drawing, of which one option is the current one. */
function walkOver(c, id, title, steps) {
  const tip = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  const options = steps.map(({ head, lines }, i) =>
    el("div", {
      role: "option",
      id: `${id}-${i}`,
      "aria-selected": "false",
      "aria-label": [head, ...lines].join(", "),
      onpointerenter: () => show(i),
    }),
  );
  const walk = el(
    "div",
    {
      class: "walk",
      role: "listbox",
      tabindex: 0,
      "aria-orientation": "horizontal",
      "aria-label": c.words.say("chart_walk", { title }),
      onkeydown: key,
      onfocus: () => walk.matches(":focus-visible") && show(Math.max(at, 0)),
      onblur: hide,
      onpointerleave: () => document.activeElement !== walk && hide(),
    },
    options,
  );
  let at = -1;

  function show(i) {
    options[at]?.setAttribute("aria-selected", "false");
    at = i;
    const option = options[i];
    option.setAttribute("aria-selected", "true");
    walk.setAttribute("aria-activedescendant", option.id);
    tip.replaceChildren(el("strong", {}, steps[i].head), ...steps[i].lines.map((line) => el("span", {}, line)));
    tip.hidden = false;
    // Beside the bar, on the side with more room: it must not cover what it speaks of.
    const whole = walk.offsetWidth;
    const right = option.offsetLeft + option.offsetWidth;
    const left =
      right < whole / 2 ? walk.offsetLeft + right + 6 : walk.offsetLeft + option.offsetLeft - tip.offsetWidth - 6;
    tip.style.left = `${Math.max(0, Math.min(left, walk.parentNode.offsetWidth - tip.offsetWidth))}px`;
  }

  function hide() {
    options[at]?.setAttribute("aria-selected", "false");
    walk.removeAttribute("aria-activedescendant");
    tip.hidden = true;
  }

  function key(event) {
    if (event.key === "Escape") return hide();
    const to = keys(event, at, options.length - 1);
    if (to === null) return;
    event.preventDefault();
    show(to);
  }

  /** Lays the options over bars at these places, in pixels of the drawing. */
  function place({ left, top, width, height, starts, band }) {
    Object.assign(walk.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    options.forEach((option, i) => Object.assign(option.style, { left: `${starts[i] - left}px`, width: `${band}px` }));
    hide();
  }

  return { walk, tip, place };
}

/** The table of a chart's values is made when it is opened: five of a year are many cells. */
function asTable(c, title, table) {
  const details = el("details", { class: "as-table" }, el("summary", {}, c.words.say("as_table")));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1)
      details.append(sortableTable(c, { caption: title, first: 400, ...table }));
  });
  return details;
}

/**
 * A figure.
 * draw(width, tall): {node, place}: an element of that width, tall times as high as usual, and where its bars lie (see
 * place() above).
 * steps: [{head, lines}]: what each bar says. legend: [[kind, text]]. notes: texts below. summary: what a reader hears.
 */
export function figure(c, { id, number, title, summary, draw, steps, legend, notes = [], table }) {
  const { say } = c.words;
  const heading = el(
    "figcaption",
    { id: `${id}-title` },
    el("span", { class: "number-of" }, say("figure", { n: number })),
    title,
  );
  const about = notes.filter(Boolean).map((note) => el("p", { class: "note" }, note));
  if (steps.length === 0)
    return el("figure", { id, class: "chart" }, heading, el("p", { class: "none" }, say("nothing_to_draw")));
  const walk = walkOver(c, id, title, steps);
  const drawing = el("div", {
    class: "drawing",
    role: "img",
    "aria-label": say("chart_label", { title, period: c.periodText, summary }),
  });
  const plot = el("div", { class: "plot" }, drawing, walk.walk, walk.tip);
  let last = "";
  const redraw = (forced) => {
    if (!plot.isConnected) return drawn.delete(redraw);
    const width = Math.min(Math.floor(forced ?? plot.clientWidth), 60 + 90 * steps.length); // few days need no walls
    const tall = forced ? PRINT_TALL : 1;
    if (width < 50 || last === `${width} ${tall}`) return;
    last = `${width} ${tall}`;
    const { node, place } = draw(width, tall);
    drawing.replaceChildren(node);
    walk.place(place);
  };
  drawn.add(redraw);
  new ResizeObserver(() => !window.matchMedia("print").matches && redraw()).observe(plot);
  const keyed = el(
    "ul",
    { class: "legend" },
    legend.map(([kind, text]) => el("li", {}, swatch(kind), text)),
  );
  return el("figure", { id, class: "chart" }, heading, keyed, plot, about, asTable(c, title, table));
}
