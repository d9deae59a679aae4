// How is one unit that goes? Where it is, whether dispatch has confirmed it, what worries, and two buttons.

import { el, whenChanged } from "../el.js";
import { ticking, timeElement } from "../times.js";
import { away, sentence } from "../words.js";
import { actButton } from "./act_button.js";
import { concernText } from "./concerns.js";
import { isLiving } from "./known.js";

export function goingUnit({ alert_id: alertId, call_sign: callSign }, { hand, act }) {
  const about = { alert_id: alertId };
  const confirm = actButton({
    label: `Confirm ${callSign}`,
    key: "c",
    doing: `Confirming ${callSign} …`,
    act: () => act("confirm_acknowledgment", { about, done: `${callSign} is confirmed.` }),
  });
  const standDown = actButton({
    label: "Stand down",
    question: `Stand ${callSign} down?`,
    doing: `Standing ${callSign} down …`,
    act: () => act("refuse_acknowledgment", { about, done: `${callSign} is stood down.` }),
  });
  const told = el("div", { class: "going-told" });
  const element = el(
    "li",
    { class: "going-unit" },
    told,
    el("div", { class: "going-acts" }, confirm.element, standDown.element),
  );
  let awaitsConfirmation = false;

  const draw = whenChanged(({ alert, concerns }) => {
    element.toggleAttribute("data-confirmed", alert.confirmed_at !== null);
    element.toggleAttribute("data-concern", concerns.length > 0);
    told.replaceChildren(...toldOf(alert, concerns));
  });

  return {
    element,
    get awaitsConfirmation() {
      return awaitsConfirmation && !confirm.isUnderWay;
    },
    confirm: confirm.press,
    show(alert, incident) {
      const isThere = isLiving(incident) && alert.cleared_at === null;
      const concerns = incident.concerns.filter((concern) => concern.alert_id === alertId);
      awaitsConfirmation = isThere && alert.confirmed_at === null && hand.may("confirm_acknowledgment");
      draw({ alert, concerns });
      confirm.show({ isOffered: awaitsConfirmation });
      standDown.show({ isOffered: isThere && hand.may("refuse_acknowledgment") });
    },
  };
}

function toldOf(alert, concerns) {
  const { call_sign: callSign, role, acknowledged_at: acknowledgedAt } = alert;
  return [
    el("p", {}, el("strong", {}, callSign), ` ${[role, where(alert)].filter(Boolean).join(", ")}`),
    el(
      "p",
      { class: "going-when" },
      el("span", { class: "quiet" }, "Acknowledged ", timeElement(acknowledgedAt), ". "),
      confirmation(alert),
    ),
    ...concerns.map((concern) =>
      el("p", { class: "concern" }, sentence(concernText(concern)), " for ", ticking("age", concern.since)),
    ),
  ];
}

function where(alert) {
  if (alert.cleared_at) return "clear";
  if (alert.on_scene_at) return "on scene";
  const fromM = alert.closest_m ?? alert.distance_m;
  return fromM === null ? "en route" : `en route, ${away(fromM)} away`;
}

function confirmation({ confirmed_at: confirmedAt, confirmed_by: by }) {
  if (!confirmedAt) return el("span", { class: "unconfirmed" }, "Not confirmed.");
  return el("span", { class: "confirmed" }, "✓ Confirmed ", timeElement(confirmedAt), by ? ` by ${by}` : "");
}
