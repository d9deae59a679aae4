// How does an officer call for help? By one button under the thumb, whatever else the screen shows; then it says so.

import { el, whenChanged } from "../el.js";
import { timeElement } from "../times.js";
import { holdButton } from "./hold_button.js";

export function emergencyBar(element, { help }) {
  const first = holdButton({ label: "Emergency", hint: "Hold to call for help", question: "Call for help?", held });
  const again = holdButton({ label: "Call again", hint: "Hold", question: "Call for help again?", held });
  const told = el("div", { class: "help-told", role: "alert" });
  element.append(told, first.element, again.element);

  function held() {
    help.call();
  }

  const draw = whenChanged((state) => {
    element.toggleAttribute("data-calling", state !== null);
    first.element.hidden = state !== null;
    again.element.hidden = state === null;
    told.replaceChildren(...(state ? toldOf(state).filter(Boolean) : []));
  });

  return {
    show({ isOnDuty }) {
      element.hidden = !isOnDuty && help.state === null;
      draw(help.state);
    },
  };
}

function toldOf({ at, tries, reachedAt, emergency }) {
  return [
    el("p", { class: "help-title" }, "Help is being called"),
    el("p", {}, "Since ", timeElement(at)),
    el("p", { class: "help-way", "data-through": reachedAt !== null }, ...wayOf({ tries, reachedAt, emergency })),
    reachedAt && el("p", { class: "quiet" }, "By mistake? Tell dispatch by radio."),
  ];
}

function wayOf({ tries, reachedAt, emergency }) {
  if (!reachedAt) return [tries ? "Not through yet. Trying again and again. Use the radio." : "Calling …"];
  const coming = emergency?.coming ?? [];
  return coming.length
    ? ["Coming: ", el("strong", {}, coming.join(", "))]
    : ["Dispatch and the units near you know since ", timeElement(reachedAt), "."];
}
