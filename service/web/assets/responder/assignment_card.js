// What does an officer need on the way and at the scene? Where it is, the next step, and what was found.

import { badge } from "../badge.js";
import { el, whenChanged } from "../el.js";
import { timeElement } from "../times.js";
import { confidence, heard, notes, place, sentence, words } from "../words.js";
import { finding } from "./finding.js";
import { mapLink } from "./map_link.js";
import { reasons } from "./reasons.js";
import { STEPS, isActive, stepOf } from "./steps.js";
import { whereabouts } from "./whereabouts.js";

export function assignmentCard({ told, found: kept, here, learned }) {
  let shown = null;
  let isWithdrawing = false;
  // Buttons are made once and never replaced: one that is redrawn under a thumb loses the tap.
  const head = el("div", { class: "assignment-head" });
  const state = el("p", { class: "sending", role: "status" });
  const buttons = STEPS.map((step) =>
    el("button", { type: "button", class: "step", on: { click: () => take(step) } }, sentence(words(step))),
  );
  const walk = el("div", { class: "steps", role: "group", "aria-label": "Your progress" }, buttons);
  const found = finding({ report, skip: () => keep("skipped") });
  const cannot = el(
    "button",
    { type: "button", class: "thumb back", on: { click: () => ask(true) } },
    "Cannot go after all",
  );
  const why = el("div", { class: "assignment-foot" }, reasons({ chosen: withdraw, back: () => ask(false) }));
  const element = el("article", { class: "assignment" }, head, state, walk, found.element, cannot, why);

  const drawHead = whenChanged(({ alert, where }) => head.replaceChildren(...headOf(alert, where)));

  function take(step) {
    told.progress(shown, step);
  }

  async function report(said) {
    if (await told.disposition(shown, said)) keep(said.disposition);
  }

  function keep(what) {
    kept.keep(shown, what);
    learned();
  }

  function ask(isAsked) {
    isWithdrawing = isAsked;
    learned();
  }

  function withdraw(reason) {
    isWithdrawing = false;
    told.decline(shown, reason);
  }

  return {
    element,
    show(alert) {
      shown = alert;
      const step = stepOf(alert);
      const isBusy = isActive(alert);
      const mayWithdraw = isBusy && step === "en_route";
      drawHead({ alert, where: whereabouts(alert, here()) });
      walk.hidden = !isBusy;
      buttons.forEach((button, index) => {
        button.setAttribute("aria-pressed", String(STEPS[index] === step));
        button.toggleAttribute("data-past", index <= STEPS.indexOf(step));
      });
      found.show({ isAsked: step !== "en_route", found: kept.of(alert), isBusy });
      cannot.hidden = !mayWithdraw || isWithdrawing;
      why.hidden = !mayWithdraw || !isWithdrawing;
      state.textContent = stateOf(told.pending(alert), told.refusal(alert));
    },
  };
}

function headOf({ incident, role, confirmed_at: confirmedAt }, where) {
  const sure = [sentence(confidence(incident)), notes(incident)].filter(Boolean).join(", ");
  return [
    el(
      "p",
      { class: "assignment-state" },
      badge("acknowledged"),
      role && ` ${sentence(role)}`,
      incident.state === "covered" && " · Enough units are going",
    ),
    el("h2", { class: "place" }, place(incident)),
    confirmedAt &&
      el("p", { class: "confirmed", role: "status" }, "✓ Confirmed by dispatch ", timeElement(confirmedAt)),
    where && el("p", { class: "where" }, where),
    el("p", {}, heard(incident), !incident.emergency && el("span", { class: "quiet" }, `, ${sure}`)),
    mapLink(incident.location),
  ].filter(Boolean);
}

function stateOf(pending, refusal) {
  if (pending) return pending.tries ? "Not sent yet. Trying again. Use the radio." : "Sending …";
  return refusal ? refusal.message : "";
}
