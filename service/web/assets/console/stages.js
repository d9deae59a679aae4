// When did each stage of an incident come, from the shot to covered? Read from the whole incident; nothing is drawn here.

import { earliest } from "../times.js";

/** [name, first time of it or null], in the order in which they come. */
export function stages(incident) {
  const { alerts, detections } = incident;
  const of = (name) => earliest(alerts.map((alert) => alert[name]));
  return [
    ["Shot", earliest(detections.map((detection) => detection.occurred_at))],
    ["Received", receivedAt(incident)],
    ["Queued", entryAt(incident, "unit_asked")],
    ["Sent", of("sent_at")],
    ["On a phone", of("received_at")],
    ["Displayed", of("displayed_at")],
    ["Answered", earliest(alerts.map(answeredAt))],
    ["Covered", entryAt(incident, "incident_covered")],
  ];
}

export function receivedAt({ detections }) {
  return earliest(detections.map((detection) => detection.received_at));
}

export function answeredAt({ acknowledged_at: acknowledgedAt, declined_at: declinedAt }) {
  return acknowledgedAt ?? declinedAt;
}

function entryAt({ timeline }, action) {
  return earliest(timeline.filter((entry) => entry.action === action).map((entry) => entry.at));
}
