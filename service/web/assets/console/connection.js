// Is what stands here still true? Says when it was last asked, and since when nobody answers.

import { clockTime } from "../times.js";

export function connection(element) {
  let lastMs = null;
  return {
    isUp(nowMs) {
      lastMs = nowMs;
      element.removeAttribute("data-down");
      say(element, "Live");
    },
    isDown(error) {
      element.setAttribute("data-down", "");
      const since = lastMs ? `Shown as of ${clockTime(lastMs)}. ` : "";
      say(element, `No connection. ${since}${error.message}`);
    },
  };
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
