// Does an alert reach this phone now? Says so, and since when it does not: then the radio alone is left.

import { clockTime } from "../times.js";

export function connection(element) {
  let lastMs = null;

  function say(text, isDown) {
    element.toggleAttribute("data-down", isDown);
    if (element.textContent !== text) element.textContent = text;
  }

  return {
    isUp(nowMs) {
      lastMs = nowMs;
      say("Connected", false);
    },
    isDown: () =>
      say(lastMs ? `No connection since ${clockTime(lastMs)}. Use the radio.` : "No connection. Use the radio.", true),
  };
}
