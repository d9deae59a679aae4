// Why is it done? One line that stands in the timeline, and on the phones of those whom it concerns.

import { el } from "../el.js";
import { actForm } from "./act_form.js";

const LONGEST = 300;
let made = 0;

/** `usual` are reasons to choose from; anything else can be written. */
export function reasonForm({ title, hint, usual, label, doing, isGrave, act, close }) {
  made += 1;
  const listId = `usual-${made}`;
  const reason = el("input", {
    maxlength: LONGEST,
    list: listId,
    autocomplete: "off",
    "aria-describedby": `${listId}-hint`,
  });
  return actForm({
    title,
    fields: [
      el("label", {}, "Reason", reason),
      el(
        "datalist",
        { id: listId },
        usual.map((value) => el("option", { value })),
      ),
      el("p", { class: "quiet", id: `${listId}-hint` }, hint),
    ],
    body: () => (reason.value.trim() ? { reason: reason.value.trim() } : null),
    missing: "Say why.",
    label,
    doing,
    isGrave,
    act,
    close,
  });
}
