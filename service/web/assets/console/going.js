// Who is going, and who of them is assigned? The first thing that a dispatcher wants to read, and to decide.

import { el, whenChanged } from "../el.js";
import { count } from "../words.js";
import { goingUnit } from "./going_unit.js";

const RINGING = new Set(["queued", "sent", "received"]);

export function going({ hand, act }) {
  const headline = el("p", { class: "going-headline", role: "status" });
  const list = el("ul", { class: "going-units" });
  const element = el("section", { class: "going", "aria-label": "Who is going" }, headline, list);
  const units = new Map();

  const drawHeadline = whenChanged(({ state, number, waiting, ringing }) => {
    element.dataset.state = state;
    const texts = [
      number ? `${count(number, "unit is", "units are")} going.` : nobody(state),
      number && state === "unanswered" ? "Not enough: nobody else answers. Use the radio." : "",
      waiting ? `${count(waiting, "is", "are")} not confirmed.` : "",
      ringing ? `${count(ringing, "unit is", "units are")} being asked.` : "",
    ];
    const [first, ...others] = texts;
    headline.replaceChildren(el("strong", {}, first), ...others.filter(Boolean).map((text) => ` ${text}`));
  });

  return {
    element,
    show(incident) {
      const { state, acknowledgments, alerts } = incident;
      const there = acknowledgments.filter((alert) => alert.cleared_at === null);
      drawHeadline({
        state,
        number: there.length,
        waiting: there.filter((alert) => alert.confirmed_at === null).length,
        ringing: alerts.filter((alert) => RINGING.has(alert.state)).length,
      });
      drawUnits(incident);
    },
    /** The first that nobody has confirmed; false when there is none. */
    confirmNext() {
      const next = [...units.values()].find((unit) => unit.awaitsConfirmation);
      next?.confirm();
      return next !== undefined;
    },
  };

  function drawUnits(incident) {
    const kept = new Set(incident.acknowledgments.map((alert) => alert.alert_id));
    for (const [id, unit] of units) {
      if (kept.has(id)) continue;
      unit.element.remove();
      units.delete(id);
    }
    incident.acknowledgments.forEach((alert, position) => {
      if (!units.has(alert.alert_id)) units.set(alert.alert_id, goingUnit(alert, { hand, act }));
      const unit = units.get(alert.alert_id);
      unit.show(alert, incident);
      // Moved only when it has to: moving an element takes the focus out of it.
      if (list.children[position] !== unit.element) list.insertBefore(unit.element, list.children[position] ?? null);
    });
    list.hidden = incident.acknowledgments.length === 0;
  }
}

function nobody(state) {
  const why = {
    held: "Held for a dispatcher: no phone rings yet.",
    unanswered: "Nobody answers. Use the radio.",
    cancelled: "Cancelled: nobody is going.",
    closed: "Closed.",
  };
  return why[state] ?? "Nobody is going yet.";
}
