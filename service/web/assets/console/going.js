// Who is going? The first thing that a dispatcher wants to read, in one line.

import { el, whenChanged } from "../el.js";
import { away, count } from "../words.js";

export function going() {
  const element = el("p", { class: "going", role: "status" });
  const draw = whenChanged(({ state, told, ringing }) => {
    element.dataset.state = state;
    const first = told.length ? `Going: ${told.join("; ")}.` : nobody(state);
    const missing = told.length && state === "unanswered" && "Not enough: nobody else answers. Use the radio.";
    const others = ringing > 0 && `${count(ringing, "unit is", "units are")} being asked.`;
    element.replaceChildren(el("strong", {}, first), ...[missing, others].filter(Boolean).map((text) => ` ${text}`));
  });
  return {
    element,
    show({ state, acknowledgments, alerts }) {
      const ringing = alerts.filter((alert) => ["queued", "sent", "received"].includes(alert.state)).length;
      draw({ state, told: acknowledgments.map(said), ringing });
    },
  };
}

/** "3A12, primary, on scene", "3A14, assisting, 430 m away". */
function said({ call_sign: callSign, role, distance_m: distanceM, ...alert }) {
  const where = alert.cleared_at
    ? "clear"
    : alert.on_scene_at
      ? "on scene"
      : distanceM === null
        ? "en route"
        : `en route from ${away(distanceM)}`;
  return [callSign, role, where].filter(Boolean).join(", ");
}

function nobody(state) {
  const why = {
    held: "Held for a dispatcher: no phone rings yet.",
    unanswered: "Nobody answers. Use the radio.",
    cancelled: "Cancelled: nobody is going.",
    closed: "Closed.",
  };
  return why[state] ?? "Nobody has said yes yet.";
}
