// What has just changed without this officer's doing? One line: covered, recalled, stood down, updated; shots close by.

import { el } from "../el.js";
import { timeElement } from "../times.js";
import { heard, place } from "../words.js";
import { outcome } from "./outcome.js";

const RINGING = new Set(["queued", "sent", "received"]);

export function news(element) {
  function say(text, { isLoud = false } = {}) {
    element.hidden = false;
    element.toggleAttribute("data-loud", isLoud);
    element.replaceChildren(timeElement(new Date().toISOString()), ` ${text}`);
    if (!element.querySelector("button")) element.append(el("button", { type: "button", on: { click: hide } }, "OK"));
  }

  function hide() {
    element.hidden = true;
    element.replaceChildren();
  }

  return {
    /** `before` is what was known of it, undefined for what is new: that rings, or is history. */
    tell(alert, before) {
      if (!before) return;
      const where = place(alert.incident);
      const wasOurs = RINGING.has(before.state) || before.state === "acknowledged";
      if (alert.state === "recalled" && wasOurs) say(`${where}: ${outcome(alert)}`);
      else if (alert.state === "acknowledged" && before.role === "assisting" && alert.role === "primary")
        say(`${where}: You are primary now.`);
      else if (alert.sequence > before.sequence && heard(alert.incident) !== heard(before.incident))
        say(`${where}: now ${heard(alert.incident).toLowerCase()}.`);
    },
    /** Close to this unit, which is not asked to go: no answer is wanted. */
    warn({ incident, page }) {
      const what = `${heard(incident)}, ${place(incident)}`;
      if (page.kind === "recall") say(`Over: ${what}. ${page.reason}`);
      else say(`Close to you: ${what}. No answer needed.`, { isLoud: page.loud });
    },
  };
}
