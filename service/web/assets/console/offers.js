// Which acts make sense for an incident as it is now? Who may do them is the service's to say; nothing is drawn here.

import { isLiving } from "./known.js";

const ASKED = new Set(["queued", "sent", "received", "acknowledged"]);
const OFFERED = {
  release_incident: isWaiting,
  dispatch_units: isLiving,
  escalate_incident: (incident) => isLiving(incident) && !isWaiting(incident),
  add_note: () => true,
  close_incident: ({ state }) => state !== "cancelled",
  cancel_incident: isLiving,
  reopen_incident: (incident) => !isLiving(incident) && incident.merged_into === null,
  merge_incidents: (incident) => isLiving(incident) && incident.emergency === null,
  split_incident: (incident) => isLiving(incident) && detectionIds(incident).length > 1,
  place_legal_hold: ({ legal_hold: reason }) => reason === null,
  lift_legal_hold: ({ legal_hold: reason }) => reason !== null,
};

export function isOffered(name, incident) {
  return OFFERED[name](incident);
}

/** Nobody rings for it until somebody says so: held, or shown only. */
export function isWaiting({ state, level, alerts }) {
  const isAnybodyAsked = alerts.some((alert) => ASKED.has(alert.state));
  return state === "held" || (state === "open" && level === 0 && !isAnybodyAsked);
}

/** The sources' names of what was heard, each once. */
export function detectionIds({ detections }) {
  return [...new Set(detections.map((detection) => detection.detection_id))];
}

/** The units that go or are there, and that nobody has confirmed yet; who said so first comes first. */
export function unconfirmed({ acknowledgments }) {
  return acknowledgments.filter((alert) => alert.confirmed_at === null && alert.cleared_at === null);
}
