// What happened, one thing after the other? The journal of the incident in a dispatcher's words, the latest first.

import { el, whenChanged } from "../el.js";
import { timeElement, timeOfDay } from "../times.js";
import { sentence, words } from "../words.js";

/** By action; what is not here is said in the API's own words. Each gets the details and the unit that they name. */
const SAID = {
  detection_received: ({ detection_id: id, kind, outcome }) => `${id}: ${words(kind)}, ${words(outcome)}`,
  unit_asked: ({ level, reason }, unit) => `${unit} is asked at level ${level}: ${reason}`,
  alert_sent: (_, unit) => `${unit}: push handed over`,
  page_received: (_, unit) => `${unit}: the phone has it`,
  page_displayed: (_, unit) => `${unit}: the phone shows it`,
  page_sent: (_, unit) => `${unit}: push handed over`,
  page_failed: ({ reason }, unit) => `${unit}: push failed, ${reason}`,
  page_dead: ({ reason }, unit) => `${unit}: push given up, ${reason}`,
  target_removed: ({ reason }, unit) => `${unit}: the phone cannot ring any more, ${reason}`,
  alert_acknowledged: ({ role }, unit) => `${unit} is going${role ? `, ${role}` : ""}`,
  alert_declined: (_, unit) => `${unit} cannot`,
  alert_expired: (_, unit) => `${unit} did not answer`,
  alert_recalled: (_, unit) => `${unit} is no longer needed`,
  alert_failed: (_, unit) => `${unit} cannot be reached`,
  unit_promoted: (_, unit) => `${unit} is primary now`,
  unit_en_route: (_, unit) => `${unit} is en route`,
  unit_on_scene: (_, unit) => `${unit} is on scene`,
  unit_clear: (_, unit) => `${unit} is clear`,
  unit_freed: (_, unit) => `${unit} is free again`,
  phone_told_its_time: ({ at }, unit) => `${unit}: at ${timeOfDay(at)} by its own clock`,
  pages_queued: ({ units }) => `Pages queued: ${kinds(units)}`,
  disposition_reported: ({ disposition, casings, note }) =>
    [`Found: ${words(disposition)}`, casings === null ? "" : `casings: ${casings}`, note ?? ""]
      .filter(Boolean)
      .join(", "),
};

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

function told({ at, action, actor, details }, name) {
  const unit =
    details.call_sign ?? name(details.alert_id ?? details.unit_id ?? details.device_id ?? actor.split(":")[1]);
  const said = SAID[action];
  return { at, action, text: said ? said(details, unit) : sentence(words(action)), by: words(actor.split(":")[0]) };
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

function kinds(units) {
  const found = new Map();
  for (const { kind } of units) found.set(kind, (found.get(kind) ?? 0) + 1);
  return [...found].map(([kind, number]) => `${number} × ${words(kind)}`).join(", ");
}
