// What was found at the scene? One tap for the disposition; casings and a note for who has the time.

import { el, whenChanged } from "../el.js";
import { sentence, words } from "../words.js";

const DISPOSITIONS = ["evidence_found", "victim", "no_evidence", "fireworks", "unfounded", "duplicate", "other"];
const MOST_CASINGS = 1_000;

export function finding({ report, skip }) {
  const casings = el("input", { type: "number", inputmode: "numeric", min: 0, max: MOST_CASINGS });
  const note = el("textarea", { rows: 2, maxlength: 2_000 });
  const choices = el("div", { class: "dispositions", role: "group", "aria-label": "What did you find?" });
  const later = el("div");
  const more = el(
    "details",
    {},
    el("summary", {}, "Casings, note"),
    el("label", {}, "Casings found", casings),
    el("label", {}, "Note", note),
    el("p", { class: "quiet" }, "Sent with the next tap on what you found."),
  );
  const element = el("section", { class: "finding" }, el("h3", {}, "What did you find?"), more, choices, later);

  const draw = whenChanged(({ alert, found, isBusy }) => {
    choices.replaceChildren(...DISPOSITIONS.map((name) => choice(alert, name, found)));
    const skipButton = el("button", { type: "button", class: "thumb back", on: { click: () => skip(alert) } }, "Nothing to report");
    later.replaceChildren(...(isBusy ? [] : [skipButton]));
  });

  function choice(alert, disposition, found) {
    const said = () => report(alert, { disposition, casings: counted(casings), note: note.value.trim() || null });
    return el("button", { type: "button", class: "disposition", "aria-pressed": String(disposition === found), on: { click: said } }, sentence(words(disposition)));
  }

  return {
    element,
    show(alert, { isAsked, found, isBusy }) {
      element.hidden = !isAsked;
      draw({ alert, found, isBusy });
    },
  };
}

function counted({ valueAsNumber: number }) {
  return Number.isInteger(number) && number >= 0 && number <= MOST_CASINGS ? number : null;
}
