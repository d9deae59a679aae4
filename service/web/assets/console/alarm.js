// Is there an incident that nobody answers? Then nobody at the console can miss it: a band across the page, and a sound.

import { el, whenChanged } from "../el.js";
import { ALARM } from "../speaker.js";
import { ticking } from "../times.js";
import { count, heard, place } from "../words.js";

const SOUNDS_EVERY_MS = 3_000;

/** `silence()` stops the sound for those that are unanswered now, not the band; another one sounds again. */
export function alarm(element, sound) {
  const silenced = new Set();
  const title = el("h2");
  const links = el("ul");
  const button = el("button", { type: "button", on: { click: silence } }, "Silence");
  let unanswered = [];
  element.append(el("div", { role: "alert" }, title), links, button);

  const draw = whenChanged((incidents) => {
    element.hidden = incidents.length === 0;
    title.textContent = incidents.length ? `${count(incidents.length, "incident")} unanswered` : "";
    links.replaceChildren(...incidents.map(link));
  });

  function makeSound() {
    const isDue = unanswered.some((incident) => !silenced.has(incident.incident_id));
    button.hidden = !isDue;
    sound.repeatWhile(isDue, ALARM, SOUNDS_EVERY_MS);
  }

  function silence() {
    for (const incident of unanswered) silenced.add(incident.incident_id);
    makeSound();
  }

  return {
    silence,
    show(seen) {
      unanswered = seen.unanswered;
      draw(unanswered);
      makeSound();
    },
    /** The incident after `incidentId` among those unanswered; null when there is none. */
    next(incidentId) {
      if (!unanswered.length) return null;
      const position = unanswered.findIndex((incident) => incident.incident_id === incidentId);
      return unanswered[(position + 1) % unanswered.length].incident_id;
    },
  };
}

function link(incident) {
  const text = [el("strong", {}, place(incident)), ` ${heard(incident)}, `, ticking("age", incident.occurred_at)];
  return el("li", {}, el("a", { href: `#${incident.incident_id}` }, text));
}
