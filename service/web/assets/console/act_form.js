// How is an act pressed that needs more to be said? By a form in the incident's own place; nothing pops up.

import { el } from "../el.js";

let made = 0;

/**
 * `fields` are its elements. `body()` is what to send, null while something is missing, which `missing` says then.
 * `act(body)` resolves to null when it is done, to words when it was refused; `close()` is called when it is over.
 * `label` may be a function, for a button that says what it will do: `relabel()` asks it again.
 */
export function actForm({ title, fields, body, missing, label, doing, act, close, isGrave = false }) {
  made += 1;
  const titleId = `act-form-${made}`;
  const said = typeof label === "function" ? label : () => label;
  const submit = el("button", { class: isGrave ? "grave" : "primary" }, said());
  const cancel = el("button", { type: "button", on: { click: () => close() } }, "Back");
  const refusal = el("p", { class: "refusal", role: "alert" });
  const foot = el("div", { class: "form-foot" }, submit, cancel, refusal);
  const element = el(
    "form",
    { class: "act-form", "aria-labelledby": titleId, on: { submit: sent, keydown } },
    el("h3", { id: titleId }, title),
    fields,
    foot,
  );
  let isUnderWay = false;

  async function sent(event) {
    event.preventDefault();
    if (isUnderWay) return;
    const what = body();
    if (what === null) {
      refusal.textContent = missing;
      return;
    }
    become(true);
    refusal.textContent = "";
    const refused = await act(what);
    become(false);
    if (refused) refusal.textContent = refused;
    else if (refused === null) close();
  }

  function become(underWay) {
    isUnderWay = underWay;
    submit.textContent = underWay ? doing : said();
    submit.setAttribute("aria-disabled", String(underWay));
  }

  function keydown(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      element.requestSubmit();
    }
  }

  return {
    element,
    focus: () => element.querySelector("input, textarea, button")?.focus(),
    relabel() {
      if (!isUnderWay) submit.textContent = said();
    },
    refuse(text) {
      refusal.textContent = text;
    },
  };
}
