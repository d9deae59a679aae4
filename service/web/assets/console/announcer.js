// What is new? Said to screen readers, and with a chime, for who does not look at the list just now.

import { CHIME } from "../speaker.js";
import { confidence, heard, place } from "../words.js";

/** `polite` waits for a pause, `urgent` does not. */
export function announcer({ polite, urgent }, { sound }) {
  let newest = null;

  function say(text, { isLoud = false } = {}) {
    if (text) (isLoud ? urgent : polite).textContent = text;
  }

  return {
    say,
    /** What is there when the page opens is not news, and neither is what is older. */
    show({ incidents }) {
      const latest = incidents[0]?.incident_id ?? "";
      const fresh = newest === null ? [] : incidents.filter(({ incident_id: id }) => id > newest);
      newest = latest > (newest ?? "") ? latest : (newest ?? "");
      if (!fresh.length) return;
      say(`New: ${fresh.map(said).join("; ")}.`);
      sound.play(CHIME);
    },
  };
}

function said(incident) {
  if (incident.emergency) return `${heard(incident)}, ${place(incident)}`;
  return `${heard(incident)}, ${confidence(incident)}, ${place(incident)}`;
}
