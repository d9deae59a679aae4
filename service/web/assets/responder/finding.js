// What was found at the scene? One tap for the disposition; casings and a note for who has the time.

import { DISPOSITIONS } from "../dispositions.js";
import { el } from "../el.js";
import { sentence, words } from "../words.js";

const MOST_CASINGS = 1_000;

export function finding({ report, skip }) {
  const casings = el("input", { type: "number", inputmode: "numeric", min: 0, max: MOST_CASINGS });
  const note = el("textarea", { rows: 2, maxlength: 2_000 });
  const choices = DISPOSITIONS.map((name) =>
    el("button", { type: "button", class: "disposition", on: { click: () => say(name) } }, sentence(words(name))),
  );
  const more = el(
    "details",
    {},
    el("summary", {}, "Casings, note"),
    el("label", {}, "Casings found", casings),
    el("label", {}, "Note", note),
    el("p", { class: "quiet" }, "Sent with the next tap on what you found."),
  );
  const nothing = el("button", { type: "button", class: "thumb back", on: { click: skip } }, "Nothing to report");
  const group = el("div", { class: "dispositions", role: "group", "aria-label": "What did you find?" }, choices);
  const element = el("section", { class: "finding" }, el("h3", {}, "What did you find?"), more, group, nothing);

  function say(disposition) {
    report({ disposition, casings: counted(casings), note: note.value.trim() || null });
  }

  return {
    element,
    show({ isAsked, found, isBusy }) {
      element.hidden = !isAsked;
      nothing.hidden = isBusy;
      choices.forEach((choice, index) => choice.setAttribute("aria-pressed", String(DISPOSITIONS[index] === found)));
    },
  };
}

function counted({ valueAsNumber: number }) {
  return Number.isInteger(number) && number >= 0 && number <= MOST_CASINGS ? number : null;
}
