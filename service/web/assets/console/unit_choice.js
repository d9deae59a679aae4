// Who could be sent, and why is somebody not a good idea? Nearest first; nothing is drawn here.

import { distanceBetween } from "../geo.js";
import { duration } from "../times.js";
import { place, words } from "../words.js";

/** From when on a fix is told with its age; the service ranks by the same (DESIGN §5). */
const GOOD_FIX_MS = 60_000;
const RINGING = new Set(["queued", "sent", "received"]);

/**
 * All units for one incident: {unit, distanceM, fixAgeMs, refusal, doubts}. With a `refusal` it cannot be sent;
 * `doubts` are for the dispatcher to weigh. Those who can be sent come first, each kind by distance.
 */
export function unitChoices(units, incident, { nowMs, incidents }) {
  return units
    .map((unit) => choice(unit, incident, { nowMs, incidents }))
    .sort(
      (one, two) =>
        Number(one.refusal !== null) - Number(two.refusal !== null) ||
        (one.distanceM ?? Infinity) - (two.distanceM ?? Infinity) ||
        one.unit.call_sign.localeCompare(two.unit.call_sign),
    );
}

function choice(unit, incident, { nowMs, incidents }) {
  const alert = incident.alerts.find(({ unit_id: unitId }) => unitId === unit.unit_id) ?? null;
  const fix = unit.position;
  const fixAgeMs = fix ? Math.max(0, nowMs - Date.parse(fix.at)) : null;
  return {
    unit,
    distanceM: fix ? distanceBetween(fix, incident.location) : null,
    fixAgeMs,
    refusal: refusal(unit, alert, incident),
    doubts: [elsewhere(unit, incident, incidents), before(alert), oldFix(fixAgeMs)].filter(Boolean),
  };
}

function refusal(unit, alert, incident) {
  if (incident.emergency?.unit_id === unit.unit_id) return "calls for help itself";
  if (alert?.state === "acknowledged" && alert.cleared_at === null) return "is going already";
  if (alert && RINGING.has(alert.state)) return "is being asked now";
  if (alert?.state === "declined") return "has declined; can still accept by itself";
  if (unit.status === "off_duty") return "is off duty";
  if (!unit.has_device) return "has no phone that can ring: use the radio";
  return null;
}

function elsewhere(unit, incident, incidents) {
  if (unit.incident_id && unit.incident_id !== incident.incident_id) {
    const other = incidents.find(({ incident_id: id }) => id === unit.incident_id);
    return `${words(unit.status)} on another incident${other ? `, ${place(other)}` : ""}`;
  }
  return unit.status === "available" ? null : words(unit.status);
}

function before(alert) {
  if (alert?.refused_at) return "was stood down here";
  return { expired: "did not answer before", failed: "could not be reached before" }[alert?.state] ?? null;
}

function oldFix(fixAgeMs) {
  if (fixAgeMs === null) return "position unknown";
  return fixAgeMs > GOOD_FIX_MS ? `position ${duration(fixAgeMs)} old` : null;
}
