// How is one thing said that needs somebody now? Who or what, where, since when, and what can be done from here.

import { el, whenChanged } from "../el.js";
import { ticking } from "../times.js";
import { heard, place } from "../words.js";
import { actButton } from "./act_button.js";
import { concernText } from "./concerns.js";

export function attentionRow({ kind, isLoud, concerns: first }, { hand, putAside }) {
  const link = el("a", {});
  const acts = el("span", { class: "attention-acts" });
  const gotIt = el("button", { type: "button", on: { click: () => putAside(shown.concerns) } }, "Got it");
  const element = el("li", { "data-kind": kind, "data-loud": isLoud }, link, acts, first.length > 0 && gotIt);
  const confirms = new Map();
  let shown = null;

  function confirmButton({ alert_id: alertId, call_sign: callSign }) {
    return actButton({
      label: `Confirm ${callSign}`,
      doing: `Confirming ${callSign} …`,
      act: () =>
        hand.act("confirm_acknowledgment", shown.incident, {
          about: { alert_id: alertId },
          done: `${callSign} is confirmed.`,
        }),
    });
  }

  function showConfirms(concerns) {
    for (const [id, button] of confirms) {
      if (concerns.some((concern) => concern.alert_id === id)) continue;
      button.element.remove();
      confirms.delete(id);
    }
    for (const concern of concerns) {
      if (confirms.has(concern.alert_id)) continue;
      const button = confirmButton(concern);
      confirms.set(concern.alert_id, button);
      acts.append(button.element);
    }
  }

  const draw = whenChanged((item) => {
    link.setAttribute("href", `#${item.incident.incident_id}`);
    link.replaceChildren(
      el("strong", {}, what(item)),
      " for ",
      ticking("age", item.since),
      ` · ${place(item.incident)}`,
    );
  });

  return {
    element,
    get text() {
      return `${what(shown)}, ${place(shown.incident)}`;
    },
    show(item) {
      shown = item;
      draw(item);
      if (kind === "unconfirmed" && hand.may("confirm_acknowledgment")) showConfirms(item.concerns);
    },
  };
}

function what({ kind, incident, concerns }) {
  if (concerns.length) return `${concerns.map((concern) => concern.call_sign).join(", ")} ${concernText({ kind })}`;
  if (kind === "emergency") return heard(incident);
  return `Nobody answers: ${heard(incident).toLowerCase()}`;
}
