// What takes over the screen when a shot was heard? What, where, how long to answer, and two buttons for a thumb.

import { el, whenChanged } from "../el.js";
import { ticking } from "../times.js";
import { confidence, heard, notes, place, sentence } from "../words.js";
import { reasons } from "./reasons.js";
import { whereabouts } from "./whereabouts.js";

/** A thumb that was on its way to something else must not answer. */
const GUARD_MS = 600;

export function ringing(dialog, { told, here, silence, silenceAll, setAside, learned }) {
  let shown = null;
  let shownAtMs = 0;
  let isAskingWhy = false;

  const left = el("p", { class: "left" });
  const hush = el("button", { type: "button", class: "hush", on: { click: silenceAll } }, "Silence");
  const body = el("div", { class: "ringing-body" });
  const state = el("p", { class: "sending", role: "status" });
  // Made once and never replaced: a button that is redrawn under a thumb loses the tap.
  const go = el("button", { type: "button", class: "thumb go", on: { click: guarded(accept) } }, "Going");
  const no = el("button", { type: "button", class: "thumb no", on: { click: guarded(refuse) } });
  const answers = el("div", { class: "ringing-answers" }, state, go, no);
  const why = el(
    "div",
    { class: "ringing-answers ringing-why" },
    reasons({ chosen: decline, back: () => askWhy(false) }),
  );
  dialog.append(el("header", { class: "ringing-head" }, left, hush), body, answers, why);

  const drawHead = whenChanged((said) => left.replaceChildren(...headOf(said)));
  const drawBody = whenChanged(({ incident, where }) => body.replaceChildren(...bodyOf(incident, where)));

  function guarded(act) {
    return () => {
      if (Date.now() - shownAtMs >= GUARD_MS) act(shown);
    };
  }

  function accept(alert) {
    silence(alert);
    told.accept(alert);
  }

  /** After the deadline the next units are being asked already: there is nothing left to decline. */
  function refuse(alert) {
    silence(alert);
    if (isOver(alert)) putAside(alert);
    else askWhy(true);
  }

  function askWhy(isAsked) {
    isAskingWhy = isAsked;
    learned();
    (isAsked ? why.querySelector("button") : no).focus();
  }

  async function decline(reason) {
    const alert = shown;
    isAskingWhy = false;
    await told.decline(alert, reason);
    // Refused because its time was over while the thumb was on its way: it comes to the same.
    if (told.refusal(alert)?.code === "illegal_move") putAside(alert);
  }

  function putAside(alert) {
    setAside(alert);
    learned();
  }

  return {
    show(alert, { others }) {
      if (turnOf(alert) !== turnOf(shown)) {
        isAskingWhy = false;
        shownAtMs = Date.now();
      }
      shown = alert;
      if (!alert) {
        if (dialog.open) dialog.close();
        return;
      }
      const isDrill = alert.incident.drill;
      dialog.toggleAttribute("data-emergency", alert.incident.emergency !== null);
      dialog.toggleAttribute("data-drill", isDrill);
      drawHead({ isDrill, isOver: isOver(alert), deadlineAt: alert.deadline_at, others });
      drawBody({ incident: alert.incident, where: whereabouts(alert, here()) });
      hush.hidden = isOver(alert) || isDrill;
      go.textContent = isDrill ? "Received" : "Going";
      no.hidden = isDrill;
      no.textContent = isOver(alert) ? "Put aside" : "Cannot";
      state.textContent = stateOf({ isDrill, pending: told.pending(alert), refusal: told.refusal(alert) });
      answers.hidden = isAskingWhy;
      why.hidden = !isAskingWhy;
      // Not modal: the emergency button stays within reach. What lies beneath is inert all the same.
      if (!dialog.open) dialog.show();
    },
  };
}

function turnOf(alert) {
  return alert && alert.alert_id + alert.deadline_at;
}

function isOver({ state }) {
  return state === "expired";
}

function headOf({ isDrill, isOver: isLate, deadlineAt, others }) {
  if (isDrill) return ["DRILL"];
  const more = others > 0 ? ` · ${others} more` : "";
  return isLate ? ["Time is over. You can still go.", more] : ["Answer within ", ticking("left", deadlineAt), more];
}

function bodyOf(incident, where) {
  if (incident.drill) return drillBody(incident);
  return [
    el("h2", { id: "ringing-what" }, heard(incident)),
    !incident.emergency && sure(incident),
    incident.tactical_notes.length > 0 && el("p", { class: "tactical" }, sentence(notes(incident))),
    el(
      "div",
      { id: "ringing-where" },
      el("p", { class: "place" }, place(incident)),
      where && el("p", { class: "where" }, where),
    ),
    el(
      "p",
      { class: "quiet" },
      incident.emergency ? "Called " : "Heard ",
      ticking("age", incident.occurred_at),
      ` ago, ± ${Math.round(incident.location.uncertainty_m)} m`,
    ),
  ].filter(Boolean);
}

function drillBody(incident) {
  return [
    el("h2", { id: "ringing-what" }, heard(incident)),
    el("p", { id: "ringing-where", class: "where" }, "This tests your phone. Nobody goes anywhere: press “Received”."),
  ];
}

function sure(incident) {
  return el("p", { class: "confidence", "data-confidence": incident.confidence }, sentence(confidence(incident)));
}

function stateOf({ isDrill, pending, refusal }) {
  if (!pending) return refusal?.message ?? "";
  const yes = isDrill ? "Received" : "Going";
  const what = pending.body.response === "accepted" ? yes : "Cannot";
  return pending.tries ? `“${what}” is not sent yet. Trying again. Use the radio.` : `Sending “${what}” …`;
}
