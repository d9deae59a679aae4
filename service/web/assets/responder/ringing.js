// What takes over the screen when a shot was heard? What, where, how long to answer, and two buttons for a thumb.

import { el, whenChanged } from "../el.js";
import { confidence, heard, notes, place, sentence } from "../words.js";
import { ticking } from "../times.js";
import { reasons } from "./reasons.js";
import { whereabouts } from "./whereabouts.js";

/** A thumb that was on its way to something else must not answer. */
const GUARD_MS = 600;

export function ringing(dialog, { told, here, silence, setAside, learned }) {
  let shown = null;
  let shownAtMs = 0;
  let isAskingWhy = false;

  const draw = whenChanged((said) => {
    dialog.replaceChildren(...content(said));
    if (said.isAskingWhy) dialog.querySelector("button").focus();
  });

  function content(said) {
    const { alert } = said;
    return [
      el("header", { class: "ringing-head" }, head(said), !said.isOver && el("button", { type: "button", class: "hush", on: { click: () => silence(alert) } }, "Silence")),
      el("div", { class: "ringing-body" }, body(alert, said.where)),
      el("div", { class: "ringing-answers" }, choices(said)),
    ];
  }

  function choices({ alert, isOver, pending, tries, refusal, isAskingWhy: asksWhy }) {
    if (pending) return [sending(pending, tries), ...thumbs(alert, isOver)];
    if (asksWhy) return reasons({ chosen: (reason) => cannot(alert, reason), back: () => askWhy(false) });
    return [refusal && el("p", { class: "refusal", role: "alert" }, refusal), ...thumbs(alert, isOver)].filter(Boolean);
  }

  function thumbs(alert, isOver) {
    const go = el("button", { type: "button", class: "thumb go", on: { click: guarded(() => told.accept(alert)) } }, "Going");
    // After the deadline the next units are being asked already: there is nothing left to decline.
    const no = isOver
      ? el("button", { type: "button", class: "thumb no", on: { click: guarded(() => putAside(alert)) } }, "Put aside")
      : el("button", { type: "button", class: "thumb no", on: { click: guarded(() => askWhy(true)) } }, "Cannot");
    return [go, no];
  }

  function guarded(act) {
    return () => {
      if (Date.now() - shownAtMs >= GUARD_MS) act();
    };
  }

  function askWhy(isAsked) {
    isAskingWhy = isAsked;
    learned();
  }

  async function cannot(alert, reason) {
    isAskingWhy = false;
    await told.decline(alert, reason);
    // Refused because its time was over while the thumb was on its way: it comes to the same.
    if (told.refusal(alert)?.code === "illegal_move") putAside(alert);
  }

  function putAside(alert) {
    setAside(alert);
    learned();
  }

  // Escape answers nothing.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => {
    if (shown) dialog.showModal();
  });

  return {
    show(alert, { others }) {
      if (turnOf(alert) !== turnOf(shown)) {
        isAskingWhy = false;
        shownAtMs = Date.now();
      }
      shown = alert;
      if (!alert) {
        dialog.close();
        return;
      }
      const pending = told.pending(alert);
      draw({
        alert,
        others,
        isAskingWhy,
        isOver: alert.state === "expired",
        where: whereabouts(alert, here()),
        pending: pending && pending.body.response,
        tries: pending?.tries ?? 0,
        refusal: told.refusal(alert)?.message ?? null,
      });
      if (!dialog.open) dialog.showModal();
    },
  };
}

function turnOf(alert) {
  return alert && alert.alert_id + alert.deadline_at;
}

function head({ alert, isOver, others }) {
  const more = others > 0 ? ` · ${others} more` : "";
  if (isOver) return el("p", { class: "left" }, "Time is over. You can still go.", more);
  return el("p", { class: "left" }, "Answer within ", ticking("left", alert.deadline_at), more);
}

function body({ incident }, where) {
  return [
    el("h2", { id: "ringing-what" }, heard(incident)),
    el("p", { class: "confidence", "data-confidence": incident.confidence }, sentence(confidence(incident))),
    incident.tactical_notes.length > 0 && el("p", { class: "tactical" }, sentence(notes(incident))),
    el("div", { id: "ringing-where" }, el("p", { class: "place" }, place(incident)), where && el("p", { class: "where" }, where)),
    el("p", { class: "quiet" }, "Heard ", ticking("age", incident.occurred_at), ` ago, ± ${Math.round(incident.location.uncertainty_m)} m`),
  ];
}

function sending(response, tries) {
  const what = response === "accepted" ? "Going" : "Cannot";
  const text = tries ? `“${what}” is not sent yet. Trying again. Use the radio.` : `Sending “${what}” …`;
  return el("p", { class: "sending", role: "status" }, text);
}
