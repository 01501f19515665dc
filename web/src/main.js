// The html report, or the comparison: takes the data that lie in the page, and shows them.
import { drawForPrint } from "./charts/figure.js";
import { el } from "./dom.js";
import { renderComparison } from "./comparison.js";
import { renderReport } from "./report.js";
import { speaker } from "./words.js";

/** On paper nothing can be opened: what is closed and matters opens, and closes again afterwards. */
function preparePrint() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details[data-print=open]:not([open])")];
    for (const details of opened) details.open = true;
    drawForPrint(true);
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    drawForPrint(false);
  });
}

const kinds = { report: renderReport, comparison: renderComparison };

function start() {
  const root = document.getElementById("report");
  let data;
  try {
    data = JSON.parse(document.getElementById("data").textContent);
    if (!(data.kind in kinds)) throw new Error("not a report");
  } catch {
    root.replaceChildren(
      el(
        "p",
        { class: "nothing" },
        ["en", "ja"].map((lang) => el("span", { lang }, speaker(lang).say("broken"), " ")),
      ),
    );
    return;
  }
  document.title = kinds[data.kind](root, data);
  document.documentElement.lang = root.lang;
  preparePrint();
}

start();
