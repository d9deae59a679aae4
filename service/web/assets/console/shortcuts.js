// Which keys work? Letters can be switched off (WCAG 2.1.4); arrows work in the list, Escape leads back to it.

import { remember, remembered } from "../memory.js";

const WALKS = new Set(["j", "k", "ArrowDown", "ArrowUp"]);
/** Each presses the button of the incident that has it, if that is offered now. */
const PRESSES = ["d", "e", "n", "l", "x", "r", "g", "p"];

export function shortcuts(target, { list, view, alarm, sound, help, choose, switch: checkbox }) {
  checkbox.checked = remembered("console.keys", true);
  checkbox.addEventListener("change", () => remember("console.keys", checkbox.checked));
  const letters = {
    j: () => list.step(1),
    k: () => list.step(-1),
    u: () => goTo(alarm.next(location.hash.slice(1))),
    f: () => choose(""),
    c: view.confirmNext,
    s: alarm.silence,
    m: sound.toggle,
    "?": help.open,
    ...Object.fromEntries(PRESSES.map((key) => [key, () => view.pressKey(key)])),
  };
  const inList = {
    ArrowDown: () => list.step(1),
    ArrowUp: () => list.step(-1),
    Enter: view.focus,
  };

  target.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // A key that is held down walks through the list, and does nothing else twice.
    if (event.repeat && !WALKS.has(event.key)) return;
    if (help.isOpen || isTyping(event.target)) return;
    const act =
      (event.key === "Escape" && list.focus) ||
      (list.has(event.target) && inList[event.key]) ||
      (checkbox.checked && letters[event.key]);
    if (!act) return;
    // Enter still follows the link; everything else is ours alone.
    if (event.key !== "Enter") event.preventDefault();
    act();
  });

  function goTo(incidentId) {
    if (incidentId !== null) choose(incidentId);
  }
}

function isTyping(element) {
  const isText = element instanceof HTMLInputElement && !["checkbox", "radio"].includes(element.type);
  return isText || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}
