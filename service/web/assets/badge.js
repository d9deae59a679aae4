// How does a state look? Its word with a sign beside it, so that no meaning hangs on a colour.

import { el } from "./el.js";
import { sentence, words } from "./words.js";

const SIGNS = {
  held: "‖",
  open: "●",
  unanswered: "▲",
  covered: "✓",
  closed: "■",
  cancelled: "×",
  queued: "○",
  sent: "◔",
  received: "●",
  acknowledged: "✓",
  declined: "×",
  expired: "◷",
  recalled: "↩",
  failed: "!",
};

/** Of an incident or an alert. */
export function badge(state) {
  const sign = el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[state] ?? "·");
  return el("span", { class: "badge", "data-state": state }, sign, sentence(words(state)));
}
