// Is the officer at the scene all right? A question over the whole screen that rings, and two answers for a thumb.

import { el, whenChanged } from "../el.js";
import { ticking } from "../times.js";
import { place } from "../words.js";

/** A thumb that was on its way to something else must not answer. */
const GUARD_MS = 600;

/** `needsHelp(alert)` calls for help, `silence(alert)` stops the ringing. */
export function welfare(dialog, { told, needsHelp, silence }) {
  let shown = null;
  let shownAtMs = 0;
  const left = el("p", { class: "left" });
  const hush = el("button", { type: "button", class: "hush", on: { click: () => silence(shown) } }, "Silence");
  const where = el("p", { class: "place", id: "welfare-where" });
  const state = el("p", { class: "sending", role: "status" });
  const well = el("button", { type: "button", class: "thumb go", on: { click: guarded(told.allRight) } }, "All right");
  const help = el("button", { type: "button", class: "thumb help", on: { click: guarded(needsHelp) } }, "I need help");
  dialog.append(
    el("header", { class: "ringing-head" }, left, hush),
    el("div", { class: "ringing-body" }, el("h2", { id: "welfare-what" }, "Are you all right?"), where),
    el("div", { class: "ringing-answers" }, state, well, help),
  );

  const drawLeft = whenChanged(({ answerBy, isLate }) =>
    left.replaceChildren(
      ...(isLate ? ["Dispatch knows that you do not answer."] : ["Answer within ", ticking("left", answerBy)]),
    ),
  );

  function guarded(act) {
    return () => {
      if (Date.now() - shownAtMs < GUARD_MS) return;
      silence(shown);
      act(shown);
    };
  }

  return {
    /** Null: there is nothing to ask. */
    show(alert, { nowMs }) {
      if (questionOf(alert) !== questionOf(shown)) shownAtMs = Date.now();
      shown = alert;
      if (!alert) {
        if (dialog.open) dialog.close();
        return;
      }
      const { answer_by: answerBy } = alert.welfare;
      drawLeft({ answerBy, isLate: Date.parse(answerBy) <= nowMs });
      where.textContent = `On scene: ${place(alert.incident)}`;
      state.textContent = stateOf(told.pending(alert), told.refusal(alert));
      if (!dialog.open) dialog.show();
    },
  };
}

/** Asked anew it is another question: it rings again. */
export function questionOf(alert) {
  return alert && `${alert.alert_id} ${alert.welfare?.asked_at}`;
}

function stateOf(pending, refusal) {
  if (!pending) return refusal?.message ?? "";
  return pending.tries ? "“All right” is not sent yet. Trying again. Use the radio." : "Sending …";
}
