// What is there to know of one incident, and what can be done about it? In the order in which a dispatcher asks.

import { badge } from "../badge.js";
import { el, whenChanged } from "../el.js";
import { ticking, timeElement } from "../times.js";
import { confidence, coordinates, heard, notes, place, sentence, words } from "../words.js";
import { alertTable } from "./alert_table.js";
import { detectionTable } from "./detection_table.js";
import { going } from "./going.js";
import { handBar } from "./hand_bar.js";
import { notAsked } from "./not_asked.js";
import { stageLine } from "./stage_line.js";
import { timeline } from "./timeline.js";

/** `hand`, `to` and `stay` are for the acts: see `hand_bar`. */
export function incidentView(element, { hand, to, stay }) {
  const title = el("h2", { id: "incident-title", tabindex: "-1" });
  const facts = el("div", { class: "facts" });
  const bar = handBar({ hand, to, stay, leave: () => title.focus() });
  const who = going({ hand, act: bar.act });
  const middle = [stageLine(), alertTable()];
  const beside = [notAsked(), detectionTable()];
  const history = timeline();
  const parts = [who, bar, ...middle, ...beside, history];
  const stack = (these, name) =>
    el(
      "div",
      { class: `stack ${name}` },
      these.map((part) => part.element),
    );
  const nothing = el("p", { class: "quiet" }, "No incident is selected.");
  const whole = el(
    "div",
    { class: "parts", hidden: true },
    el("header", { class: "incident-head" }, title, facts),
    who.element,
    bar.element,
    stack(middle, "middle"),
    stack(beside, "beside"),
    history.element,
  );
  element.append(nothing, whole);

  const drawHead = whenChanged((incident) => {
    element.dataset.state = incident.state;
    element.toggleAttribute("data-emergency", incident.emergency !== null);
    title.replaceChildren(badge(incident.state), ` ${heard(incident)}`);
    facts.replaceChildren(...headFacts(incident));
  });

  return {
    /** Null: there is none to show. */
    show(incident) {
      nothing.hidden = incident !== null;
      whole.hidden = incident === null;
      if (incident === null) return;
      drawHead(incident);
      for (const part of parts) part.show(incident);
    },
    focus: () => title.focus(),
    has: (node) => element.contains(node),
    confirmNext: () => bar.isSettled() && who.confirmNext(),
    pressKey: bar.pressKey,
  };
}

function headFacts(incident) {
  const { location } = incident;
  const where = `${coordinates(location)} ± ${Math.round(location.uncertainty_m)} m`;
  const sure = el("p", { class: "confidence", "data-confidence": incident.confidence }, confidence(incident));
  return [
    el("p", { class: "place" }, place(incident)),
    incident.emergency ? el("p", { class: "tactical" }, "An officer calls for help") : sure,
    incident.tactical_notes.length > 0 && el("p", { class: "tactical" }, notes(incident)),
    el("p", {}, where),
    el("p", {}, incident.emergency ? "Called " : "Heard ", timeElement(incident.occurred_at), ", ", age(incident)),
    incident.deadline_at && deadline(incident),
    incident.disposition && el("p", { class: "waiting" }, `Found: ${words(incident.disposition)}`),
    incident.legal_hold !== null && el("p", { class: "legal-hold" }, `Legal hold: ${incident.legal_hold}`),
    ...links(incident),
  ].filter(Boolean);
}

function age({ occurred_at: at }) {
  return el("span", {}, ticking("age", at), " ago");
}

function deadline({ state, level, deadline_at: deadlineAt }) {
  const left = ticking("left", deadlineAt);
  if (state === "unanswered") return el("p", { class: "waiting" }, "Asks again in ", left);
  return el("p", { class: "waiting" }, level ? `Level ${level}: ` : "", left, " left to answer");
}

function links({ audio_url: audio, image_url: image, merged_into: into, split_from: from }) {
  const outside = { target: "_blank", rel: "noopener noreferrer" };
  return [
    into && other("merged into", into),
    from && other("split from", from),
    audio && el("p", {}, el("a", { href: audio, ...outside }, "Listen (at the source)")),
    image && el("p", {}, el("a", { href: image, ...outside }, "Picture (at the source)")),
  ];
}

function other(how, incidentId) {
  return el("p", {}, `${sentence(how)} `, el("a", { href: `#${incidentId}` }, "another incident"));
}
