// How is a button pressed that must not be pressed by a pocket? Held for a while, by one finger that keeps still.

import { el } from "../el.js";

export const HOLD_MS = 1_500;
const STILL_PX = 30;

/**
 * `held()` is called when it was held long enough. A ring fills meanwhile; let go, it begins anew. By keyboard Space or
 * Enter is held. A tool that can only click is asked once instead.
 */
export function holdButton({ label, hint, question, held }) {
  const ring = el("span", { class: "ring", "aria-hidden": "true" });
  const text = el("span", { class: "hold-label" }, label);
  const said = el("span", { class: "hold-hint" }, hint);
  const button = el("button", { type: "button", class: "hold", "aria-describedby": "hold-how" }, ring, text, said);
  const how = el("span", { class: "unseen", id: "hold-how" }, "Hold for a second and a half.");
  const yes = el("button", { type: "button", class: "grave", on: { click: () => answer(true) } }, "Yes");
  const no = el("button", { type: "button", on: { click: () => answer(false) } }, "No");
  const asked = el("div", { class: "hold-asked", role: "group", hidden: true }, el("p", {}, question), yes, no);
  const element = el("div", { class: "hold-place" }, button, how, asked);
  let timer = null;
  let from = null;
  let lastHeldMs = 0;

  function begin(point) {
    if (timer) {
      // A second finger: that is no thumb, that is a pocket.
      stop();
      return;
    }
    from = point;
    button.toggleAttribute("data-holding", true);
    said.textContent = "Keep holding …";
    timer = setTimeout(end, HOLD_MS);
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
    lastHeldMs = Date.now();
    button.removeAttribute("data-holding");
    said.textContent = hint;
  }

  function end() {
    stop();
    held();
  }

  function answer(isYes) {
    asked.hidden = true;
    button.hidden = false;
    button.focus();
    if (isYes) held();
  }

  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    begin({ x: event.clientX, y: event.clientY });
  });
  button.addEventListener("pointermove", (event) => {
    if (timer && Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL_PX) stop();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"])
    button.addEventListener(name, () => timer && stop());
  // A long press means something else to a phone.
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) begin(null);
  });
  button.addEventListener("keyup", (event) => {
    if (event.key === " " || event.key === "Enter") event.preventDefault();
    if (timer) stop();
  });
  button.addEventListener("click", (event) => {
    // What no finger and no key has begun comes from a screen reader or a switch.
    if (event.detail !== 0 || Date.now() - lastHeldMs < HOLD_MS) return;
    asked.hidden = false;
    button.hidden = true;
    yes.focus();
  });

  return { element };
}
