// Who was not asked, and why not? Counted by reason; each unit by name for who wants to know.

import { el, whenChanged } from "../el.js";
import { words } from "../words.js";

const NUMBER = /\d[\d,.]*/g;

export function notAsked() {
  const summary = el("summary");
  const groups = el("ul", { class: "reasons" });
  const body = el("tbody");
  const warned = el("p");
  const table = el(
    "table",
    {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Unit"), el("th", { scope: "col" }, "Why not asked"))),
    body,
  );
  const details = el("details", {}, summary, table);
  const element = el(
    "section",
    { class: "part not-asked", "aria-label": "Units not asked" },
    el("h3", {}, "Not asked"),
    groups,
    details,
    warned,
  );

  const draw = whenChanged(({ units, more, close }) => {
    const counts = countByReason(units, more);
    const total = counts.reduce((sum, [, number]) => sum + number, 0);
    element.hidden = total === 0 && close.length === 0;
    groups.replaceChildren(
      ...counts.map(([reason, number]) => el("li", {}, el("strong", {}, String(number)), ` ${reason}`)),
    );
    details.hidden = units.length === 0;
    summary.textContent = units.length < total ? `Show the ${units.length} nearest of ${total}` : `Show all ${total}`;
    body.replaceChildren(
      ...units.map((unit) =>
        el("tr", {}, el("th", { scope: "row" }, unit.call_sign), el("td", {}, words(unit.reason))),
      ),
    );
    warned.textContent = close.length ? `Warned, because they are close by: ${close.join(", ")}.` : "";
  });

  return {
    element,
    show: (incident) =>
      draw({ units: neverAsked(incident), more: incident.selection.not_asked_more, close: warnedUnits(incident) }),
  };
}

/** The last look for units also says of those asked before that they were asked; they have their row already. */
function neverAsked({ alerts, selection }) {
  const asked = new Set(alerts.map((alert) => alert.unit_id));
  return selection.not_asked.filter((unit) => !asked.has(unit.unit_id));
}

/** [reason, units], the most frequent first. Reasons that differ in their numbers alone are counted together. */
function countByReason(units, more) {
  const found = new Map();
  const add = (reason, number) => {
    const key = reason.replace(NUMBER, "…");
    const known = found.get(key) ?? { reasons: new Set(), number: 0 };
    known.reasons.add(reason);
    found.set(key, { ...known, number: known.number + number });
  };
  for (const unit of units) add(unit.reason, 1);
  for (const [reason, number] of Object.entries(more)) add(reason, number);
  return [...found]
    .map(([key, { reasons, number }]) => [reasons.size === 1 ? [...reasons][0] : key, number])
    .sort(([, one], [, other]) => other - one);
}

function warnedUnits({ pages, selection, alerts }) {
  const known = [...selection.not_asked, ...selection.asked, ...alerts];
  const names = new Map(known.map((unit) => [unit.unit_id, unit.call_sign]));
  const warned = pages
    .filter((page) => page.kind === "warning")
    .map((page) => names.get(page.unit_id) ?? "one more unit");
  return [...new Set(warned)];
}
