// What does one line of the list say? State, what, where, how sure, since when.

import { badge } from "../badge.js";
import { el, whenChanged } from "../el.js";
import { ticking, timeElement } from "../times.js";
import { confidence, count, heard, place } from "../words.js";

export function incidentRow(incidentId) {
  const link = el("a", { href: `#${incidentId}`, class: "incident-row" });
  const draw = whenChanged((incident) => {
    link.dataset.state = incident.state;
    link.toggleAttribute("data-emergency", incident.emergency !== null);
    link.replaceChildren(...content(incident).filter(Boolean));
  });
  return {
    element: el("li", {}, link),
    show(incident, { isShown }) {
      draw(incident);
      if (isShown) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    },
  };
}

function content(incident) {
  const needy = new Set(incident.concerns.map(({ unit_id: id }) => id)).size;
  const sure = el("span", { class: "confidence", "data-confidence": incident.confidence }, confidence(incident));
  return [
    el("span", { class: "row-head" }, badge(incident.state), ticking("age", incident.occurred_at)),
    el("strong", {}, heard(incident)),
    el("span", { class: "row-place" }, place(incident)),
    el(
      "span",
      { class: "row-foot" },
      timeElement(incident.occurred_at),
      incident.emergency ? "" : sure,
      waiting(incident),
    ),
    needy > 0 && el("span", { class: "row-concern" }, `! ${count(needy, "unit needs", "units need")} somebody`),
  ];
}

function waiting({ state, level, deadline_at: deadlineAt }) {
  if (!deadlineAt) return "";
  const left = ticking("left", deadlineAt);
  if (state === "unanswered") return el("span", {}, "asks again in ", left);
  return el("span", {}, level ? `Level ${level}, ` : "", left, " left");
}
