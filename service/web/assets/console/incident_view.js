// What is there to know of one incident? Its parts in the order in which a dispatcher asks for them.

import { badge } from "../badge.js";
import { el, whenChanged } from "../el.js";
import { ticking, timeElement } from "../times.js";
import { confidence, coordinates, heard, notes, place } from "../words.js";
import { alertTable } from "./alert_table.js";
import { detectionTable } from "./detection_table.js";
import { going } from "./going.js";
import { notAsked } from "./not_asked.js";
import { stageLine } from "./stage_line.js";
import { timeline } from "./timeline.js";

export function incidentView(element) {
  const title = el("h2", { id: "incident-title", tabindex: "-1" });
  const facts = el("div", { class: "facts" });
  const parts = [going(), stageLine(), alertTable(), notAsked(), detectionTable(), timeline()];
  const nothing = el("p", { class: "quiet" }, "No incident is selected.");
  const whole = el(
    "div",
    { class: "parts", hidden: true },
    el("header", { class: "incident-head" }, title, facts),
    parts.map((part) => part.element),
  );
  element.append(nothing, whole);

  const drawHead = whenChanged((incident) => {
    element.dataset.state = incident.state;
    title.replaceChildren(badge(incident.state), ` ${heard(incident)}`);
    facts.replaceChildren(...headFacts(incident));
  });

  return {
    show({ whole: incident }) {
      nothing.hidden = incident !== null;
      whole.hidden = incident === null;
      if (incident === null) return;
      drawHead(incident);
      for (const part of parts) part.show(incident);
    },
    focus: () => title.focus(),
  };
}

function headFacts(incident) {
  const { location } = incident;
  const where = `${coordinates(location)} ± ${Math.round(location.uncertainty_m)} m`;
  return [
    el("p", { class: "place" }, place(incident)),
    el("p", { class: "confidence", "data-confidence": incident.confidence }, confidence(incident)),
    incident.tactical_notes.length > 0 && el("p", { class: "tactical" }, notes(incident)),
    el("p", {}, where),
    el("p", {}, "Heard ", timeElement(incident.occurred_at), ", ", ticking("age", incident.occurred_at), " ago"),
    incident.deadline_at && deadline(incident),
    ...links(incident),
  ].filter(Boolean);
}

function deadline({ state, level, deadline_at: deadlineAt }) {
  const left = ticking("left", deadlineAt);
  if (state === "unanswered") return el("p", { class: "waiting" }, "Asks again in ", left);
  return el("p", { class: "waiting" }, level ? `Level ${level}: ` : "", left, " left to answer");
}

function links({ audio_url: audio, image_url: image }) {
  const outside = { target: "_blank", rel: "noopener noreferrer" };
  return [
    audio && el("p", {}, el("a", { href: audio, ...outside }, "Listen (at the source)")),
    image && el("p", {}, el("a", { href: image, ...outside }, "Picture (at the source)")),
  ];
}
