// What is new? Said to screen readers and with one chime, for who does not look at the list just now.

import { CHIME } from "../speaker.js";
import { confidence, heard, place } from "../words.js";

/** What is there when the page opens is not news. */
export function announcer(element, sound) {
  const known = new Set();
  let isFirst = true;
  return {
    show({ incidents }) {
      const fresh = incidents.filter((incident) => !known.has(incident.incident_id));
      for (const incident of fresh) known.add(incident.incident_id);
      if (!isFirst && fresh.length) {
        element.textContent = `New: ${fresh.map(said).join("; ")}.`;
        sound.play(CHIME);
      }
      isFirst = false;
    },
  };
}

function said(incident) {
  return `${heard(incident)}, ${confidence(incident)}, ${place(incident)}`;
}
