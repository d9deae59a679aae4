// What is to be remembered of an incident that no button says? A note for its timeline.

import { el } from "../el.js";
import { actForm } from "./act_form.js";

const LONGEST = 2_000;

export function noteForm({ act, close }) {
  const text = el("textarea", { rows: 3, maxlength: LONGEST });
  return actForm({
    title: "Note for the timeline",
    fields: [el("label", {}, "Note", text)],
    body: () => (text.value.trim() ? { text: text.value.trim() } : null),
    missing: "The note is empty.",
    label: "Add the note",
    doing: "Adding …",
    act,
    close,
  });
}
