// Which keys work? Letters can be switched off (WCAG 2.1.4); arrows work in the list, Escape leads back to it.

import { remember, remembered } from "../memory.js";

export function shortcuts(target, { list, view, alarm, sound, switch: checkbox }) {
  checkbox.checked = remembered("console.keys", true);
  checkbox.addEventListener("change", () => remember("console.keys", checkbox.checked));
  const letters = {
    j: () => list.step(1),
    k: () => list.step(-1),
    u: () => goTo(alarm.next(location.hash.slice(1))),
    f: () => goTo(""),
    s: alarm.silence,
    m: sound.toggle,
  };
  const inList = {
    ArrowDown: () => list.step(1),
    ArrowUp: () => list.step(-1),
    Enter: view.focus,
  };

  target.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    const act =
      (event.key === "Escape" && list.focus) ||
      (list.has(event.target) && inList[event.key]) ||
      (checkbox.checked && letters[event.key]);
    if (!act) return;
    // Enter still follows the link; everything else is ours alone.
    if (event.key !== "Enter") event.preventDefault();
    act();
  });
}

function isTyping(element) {
  return element instanceof HTMLInputElement && element.type !== "checkbox";
}

function goTo(incidentId) {
  if (incidentId !== null) location.hash = incidentId;
}
