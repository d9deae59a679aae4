// What does an officer need on the way and at the scene? Where it is, the next step, and what was found.

import { badge } from "../badge.js";
import { el, whenChanged } from "../el.js";
import { confidence, heard, notes, place, sentence, words } from "../words.js";
import { finding } from "./finding.js";
import { mapLink } from "./map_link.js";
import { reasons } from "./reasons.js";
import { STEPS, isActive } from "./steps.js";
import { whereabouts } from "./whereabouts.js";

export function assignmentCard({ told, walked, here, learned }) {
  const head = el("div", { class: "assignment-head" });
  const walk = el("div", { class: "steps", role: "group", "aria-label": "Your progress" });
  const state = el("p", { class: "sending", role: "status" });
  const foot = el("div", { class: "assignment-foot" });
  const found = finding({ report, skip: (alert) => keep(alert, "skipped") });
  const element = el("article", { class: "assignment" }, head, state, walk, found.element, foot);
  let isWithdrawing = false;

  const drawHead = whenChanged(({ alert, where }) => head.replaceChildren(...headOf(alert, where)));
  const drawSteps = whenChanged(({ alert, step, isBusy }) => {
    walk.hidden = !isBusy;
    walk.replaceChildren(...STEPS.map((name) => stepButton(alert, name, step)));
  });
  const drawFoot = whenChanged(({ alert, canWithdraw, isAsking }) => foot.replaceChildren(...withdrawal(alert, canWithdraw, isAsking)));

  function stepButton(alert, name, step) {
    const isPast = STEPS.indexOf(name) <= STEPS.indexOf(step);
    return el("button", { type: "button", class: "step", "aria-pressed": String(name === step), "data-past": isPast, on: { click: () => take(alert, name) } }, sentence(words(name)));
  }

  async function take(alert, step) {
    if (!(await told.progress(alert, step))) return;
    walked.walk(alert, step);
    learned();
  }

  async function report(alert, said) {
    if (await told.disposition(alert, said)) keep(alert, said.disposition);
  }

  function keep(alert, what) {
    walked.find(alert, what);
    learned();
  }

  function withdrawal(alert, canWithdraw, isAsking) {
    if (!canWithdraw) return [];
    if (isAsking) return reasons({ chosen: (reason) => withdraw(alert, reason), back: () => ask(false) });
    return [el("button", { type: "button", class: "thumb back", on: { click: () => ask(true) } }, "Cannot go after all")];
  }

  function ask(isAsked) {
    isWithdrawing = isAsked;
    learned();
  }

  function withdraw(alert, reason) {
    isWithdrawing = false;
    told.decline(alert, reason);
  }

  return {
    element,
    show(alert) {
      const step = walked.of(alert);
      const isBusy = isActive(alert, walked);
      drawHead({ alert, where: whereabouts(alert, here()) });
      drawSteps({ alert, step, isBusy });
      found.show(alert, { isAsked: step !== "en_route", found: walked.found(alert), isBusy });
      drawFoot({ alert, canWithdraw: isBusy && step === "en_route", isAsking: isWithdrawing });
      state.textContent = stateOf(told.pending(alert), told.refusal(alert));
    },
  };
}

function headOf({ incident, role }, where) {
  const sure = [sentence(confidence(incident)), notes(incident)].filter(Boolean).join(", ");
  return [
    el("p", { class: "assignment-state" }, badge("acknowledged"), role && ` ${sentence(role)}`, incident.state === "covered" && " · Enough units are going"),
    el("h2", { class: "place" }, place(incident)),
    where && el("p", { class: "where" }, where),
    el("p", {}, heard(incident), el("span", { class: "quiet" }, `, ${sure}`)),
    mapLink(incident.location),
  ].filter(Boolean);
}

function stateOf(pending, refusal) {
  if (pending) return pending.tries ? "Not sent yet. Trying again. Use the radio." : "Sending …";
  return refusal ? refusal.message : "";
}
