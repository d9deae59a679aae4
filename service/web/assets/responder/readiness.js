// Can this phone ring, and does the service know where it is? What is missing is said before it matters.

import { el, whenChanged } from "../el.js";
import { clockTime } from "../times.js";

const POSITION = {
  off: ["Position: not told while off duty", true],
  asking: ["Position: waiting for the first fix", true],
  refused: ["Position: not allowed. You may not be asked although you are near.", false],
  missing: ["Position: this phone does not know where it is.", false],
};

export function readiness(element, { siren, position }) {
  const draw = whenChanged(({ isAllowed, told }) => element.replaceChildren(sirenLine(isAllowed), positionLine(told)));

  function sirenLine(isAllowed) {
    if (!isAllowed)
      return el("button", { type: "button", class: "wanted", on: { click: siren.allow } }, "Tap to allow the siren");
    return el(
      "p",
      { class: "ready" },
      el("span", {}, "Siren: ready"),
      el("button", { type: "button", on: { click: siren.tryOut } }, "Try it"),
    );
  }

  return {
    show({ isOnDuty }) {
      element.hidden = !isOnDuty;
      draw({ isAllowed: siren.isAllowed, told: positionOf(position) });
    },
  };
}

function positionLine([text, isWell]) {
  return el("p", { class: "ready", "data-well": isWell }, text);
}

function positionOf({ state, accuracyM, sentAtMs }) {
  if (state !== "on") return POSITION[state];
  const accuracy = `± ${Math.round(accuracyM)} m`;
  return [
    sentAtMs ? `Position: sent ${clockTime(sentAtMs)}, ${accuracy}` : `Position: known, ${accuracy}, not sent yet`,
    true,
  ];
}
