// What happened, one thing after the other? The journal of the incident in a dispatcher's words, the latest first.

import { el, whenChanged } from "../el.js";
import { timeElement } from "../times.js";
import { sentence, words } from "../words.js";
import { SAID } from "./happenings.js";

export function timeline() {
  const list = el("ol", { class: "timeline", reversed: true });
  const draw = whenChanged((entries) => list.replaceChildren(...entries.map(entryElement)));
  return {
    element: el(
      "section",
      { class: "part history", tabindex: "0", "aria-label": "Timeline" },
      el("h3", {}, "Timeline"),
      list,
    ),
    show(incident) {
      const name = namesIn(incident);
      draw(incident.timeline.map((entry) => told(entry, name)).reverse());
    },
  };
}

function told({ at, action, actor, name: by, details }, name) {
  const unit =
    details.call_sign ?? name(details.alert_id ?? details.unit_id ?? details.device_id ?? actor.split(":")[1]);
  const said = SAID[action];
  return {
    at,
    action,
    text: said ? said(details, unit) : sentence(words(action)),
    by: by ?? words(actor.split(":")[0]),
  };
}

function entryElement({ at, action, text, by }) {
  return el(
    "li",
    { "data-action": action },
    timeElement(at),
    el("span", { class: "told" }, text),
    el("span", { class: "by" }, by),
  );
}

/** Call signs by the id of a unit, its alert or its device, as far as this incident names them. */
function namesIn({ alerts, selection, pages }) {
  const names = new Map();
  for (const unit of [...selection.not_asked, ...selection.asked, ...alerts]) names.set(unit.unit_id, unit.call_sign);
  for (const alert of alerts) names.set(alert.alert_id, alert.call_sign);
  for (const page of pages) names.set(page.device_id, names.get(page.unit_id));
  return (id) => names.get(id) ?? "A unit";
}
