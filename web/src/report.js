// The whole report in an element, from the JSON of docs/report.md. The html report and the web page both use this.
import { busiestSection } from "./sections/busiest.js";
import { changesSection } from "./sections/changes.js";
import { definitionsSection, foot } from "./sections/definitions.js";
import { dense, missing } from "./charts/days.js";
import { el } from "./dom.js";
import { head, keyFigures, unread, worthALook } from "./sections/head.js";
import { hostsFigure } from "./charts/hosts.js";
import { leftOutSection, notCapturedSection, onlyCountedSection } from "./sections/omissions.js";
import { nearlyDailySection } from "./sections/nearly_daily.js";
import { newFigure } from "./charts/fresh.js";
import { outliersSection } from "./sections/outliers.js";
import { packetsFigure, peersFigure } from "./charts/packets.js";
import { portsOfHostSection } from "./sections/ports_of_host.js";
import { portsSection } from "./sections/ports.js";
import { seenFigure } from "./charts/seen.js";
import { speaker } from "./words.js";

function figures(c) {
  const wide = dense(c.data.days) ? "figures long" : "figures";
  return el(
    "section",
    { "aria-labelledby": "days-title" },
    el("h2", { id: "days-title" }, c.words.say("days")),
    el(
      "div",
      { class: wide },
      packetsFigure(c, 1),
      hostsFigure(c, 2),
      seenFigure(c, 3),
      newFigure(c, 4),
      peersFigure(c, 5),
    ),
  );
}

/** Fills root with the report. Gives the title, for the window. */
export function renderReport(root, data) {
  const words = speaker(data.lang);
  const c = { data, words, periodText: words.period(data.period) };
  root.lang = words.lang;
  const something = data.totals.hosts > 0;
  const nothing = data.not_captured.seconds > 0 && data.days.every(missing) ? "nothing_captured" : "nothing";
  const several = data.days.length > 1;
  const body = something
    ? [
        keyFigures(c),
        worthALook(c),
        several && figures(c),
        portsSection(c, "1, 2"),
        portsOfHostSection(c, 3),
        outliersSection(c),
        data.period.days_captured >= 6 && nearlyDailySection(c),
        busiestSection(c),
      ]
    : [el("p", { class: "nothing", id: "nothing" }, words.say(nothing))];
  root.replaceChildren(
    head(c),
    el("main", {}, unread(c), body, changesSection(c), leftOutSection(c), onlyCountedSection(c), notCapturedSection(c), definitionsSection(c)),
    foot(c),
  );
  return words.say("title_period", { period: c.periodText });
}
