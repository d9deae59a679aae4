// How did it end? One disposition and, for who has something to add, a note.

import { DISPOSITIONS } from "../dispositions.js";
import { el } from "../el.js";
import { sentence, words } from "../words.js";
import { actForm } from "./act_form.js";

const LONGEST = 2_000;

export function closureForm({ incident, act, close }) {
  const isClosed = incident.state === "closed";
  const choices = DISPOSITIONS.map((value) =>
    el("input", {
      type: "radio",
      name: "disposition",
      value,
      checked: value === (incident.disposition ?? reported(incident)),
    }),
  );
  const note = el("textarea", { rows: 2, maxlength: LONGEST });
  return actForm({
    title: isClosed ? "What was found after all?" : "Close: what was found?",
    fields: [
      el(
        "fieldset",
        { class: "choices" },
        el("legend", { class: "unseen" }, "Disposition"),
        choices.map((choice) => el("label", {}, choice, sentence(words(choice.value)))),
      ),
      el("label", {}, "Note (not needed)", note),
    ],
    body() {
      const disposition = choices.find((choice) => choice.checked)?.value;
      return disposition ? { disposition, note: note.value.trim() || null } : null;
    },
    missing: "Choose what was found.",
    label: isClosed ? "Correct it" : "Close the incident",
    doing: "Closing …",
    isGrave: !isClosed,
    act,
    close,
  });
}

/** What an officer at the scene said last; null when nobody did. */
function reported({ timeline }) {
  return timeline.findLast(({ action }) => action === "disposition_reported")?.details.disposition ?? null;
}
