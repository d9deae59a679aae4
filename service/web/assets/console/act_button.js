// How is an act pressed that needs nothing but a press? By one button; a grave one asks once, in its own place.

import { el } from "../el.js";

/** A thumb or a finger that presses twice by mistake must not answer the question that the first press has asked. */
const GUARD_MS = 400;

/**
 * `act()` resolves to null when it is done, to words when it was refused. `question` is asked first, when there is one,
 * and `begun` is called then; `doing` is shown while it is under way. The button keeps the focus: it is not disabled,
 * it only does nothing.
 */
export function actButton({ label, key = null, question = null, doing, begun = () => {}, act }) {
  const press = el("button", { type: "button", "aria-keyshortcuts": key, on: { click: pressed } }, label);
  const yes = el("button", { type: "button", class: "grave", on: { click: answered } }, label);
  const no = el("button", { type: "button", on: { click: () => ask(false) } }, "No");
  const asked = el("span", { class: "asked-once", role: "group", hidden: true }, el("span", {}, question), yes, no);
  const refusal = el("span", { class: "refusal", role: "alert" });
  const element = el("span", { class: "act", on: { keydown } }, press, question !== null && asked, refusal);
  let isUnderWay = false;
  let askedAtMs = 0;

  function pressed() {
    if (question === null) run();
    else ask(true);
  }

  function answered() {
    if (Date.now() - askedAtMs < GUARD_MS) return;
    ask(false);
    run();
  }

  function ask(isAsked) {
    if (isUnderWay) return;
    if (isAsked) begun();
    askedAtMs = Date.now();
    refusal.textContent = "";
    asked.hidden = !isAsked;
    press.hidden = isAsked;
    (isAsked ? yes : press).focus();
  }

  async function run() {
    if (isUnderWay) return;
    become(true);
    refusal.textContent = "";
    refusal.textContent = (await act()) ?? "";
    become(false);
  }

  function become(underWay) {
    isUnderWay = underWay;
    press.textContent = underWay ? doing : label;
    press.setAttribute("aria-disabled", String(underWay));
  }

  function keydown(event) {
    if (event.key !== "Escape" || asked.hidden) return;
    event.stopPropagation();
    ask(false);
  }

  return {
    element,
    get isUnderWay() {
      return isUnderWay;
    },
    press: () => press.click(),
    focus: () => press.focus(),
    /** What is under way, asked or refused stays to be seen. */
    show({ isOffered }) {
      const isIdle = !isUnderWay && asked.hidden && !refusal.textContent;
      element.hidden = !isOffered && isIdle;
    },
  };
}
