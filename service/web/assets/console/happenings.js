// How is each thing that can happen to an incident told? In a dispatcher's words, by the journal's name for it.

import { timeOfDay } from "../times.js";
import { away, words } from "../words.js";

/** By action; what is not here is said in the API's own words. Each gets the details and the unit that they name. */
export const SAID = {
  detection_received: ({ detection_id: id, kind, outcome }) => `${id}: ${words(kind)}, ${words(outcome)}`,
  unit_asked: ({ level, reason }, unit) => `${unit} is asked at level ${level}: ${reason}`,
  alert_sent: (_, unit) => `${unit}: push handed over`,
  page_received: (_, unit) => `${unit}: the phone has it`,
  page_displayed: (_, unit) => `${unit}: the phone shows it`,
  page_sent: (_, unit) => `${unit}: push handed over`,
  page_failed: ({ reason }, unit) => `${unit}: push failed, ${reason}`,
  page_dead: ({ reason }, unit) => `${unit}: push given up, ${reason}`,
  target_removed: ({ reason }, unit) => `${unit}: the phone cannot ring any more, ${reason}`,
  alert_acknowledged: ({ role }, unit) => `${unit} is going${role ? `, ${role}` : ""}`,
  alert_declined: (_, unit) => `${unit} cannot`,
  alert_expired: (_, unit) => `${unit} did not answer`,
  alert_recalled: (_, unit) => `${unit} is no longer needed`,
  alert_failed: (_, unit) => `${unit} cannot be reached`,
  unit_promoted: (_, unit) => `${unit} is primary now`,
  unit_en_route: (_, unit) => `${unit} is en route`,
  unit_on_scene: (_, unit) => `${unit} is on scene`,
  unit_clear: (_, unit) => `${unit} is clear`,
  unit_freed: (_, unit) => `${unit} is free again`,
  phone_told_its_time: ({ at }, unit) => `${unit}: at ${timeOfDay(at)} by its own clock`,
  pages_queued: ({ units }) => `Pages queued: ${kinds(units)}`,
  acknowledgment_confirmed: (_, unit) => `${unit} is confirmed`,
  acknowledgment_refused: (_, unit) => `${unit} is stood down`,
  units_dispatched: ({ units }) => `Sent: ${units.map(({ call_sign: callSign }) => callSign).join(", ")}`,
  incident_escalated: ({ from_level: level }) => `Escalated by hand after level ${level}`,
  incident_released: () => "Released: phones ring",
  incident_reopened: ({ was }) => `Reopened, was ${words(was)}`,
  incident_merged: () => "Merged into another incident",
  incident_took_over: () => "Took over another incident",
  incident_split: ({ detection_ids: ids }) => `Split off: ${ids.join(", ")}`,
  note_added: ({ text }) => `Note: ${text}`,
  cancellation_ordered: ({ reason }) => `Cancelled: ${reason}`,
  closure_ordered: ({ disposition, note }) => [`Closed: ${words(disposition)}`, note].filter(Boolean).join(", "),
  disposition_corrected: ({ was, disposition, note }) =>
    [`Found after all: ${words(disposition)}, was ${words(was ?? "nothing")}`, note].filter(Boolean).join(", "),
  legal_hold_placed: ({ reason }) => `Legal hold: ${reason}`,
  legal_hold_lifted: ({ was }) => `Legal hold lifted: ${was}`,
  unit_forgotten: (_, unit) => `${unit} is not confirmed`,
  unit_not_coming_closer: ({ distance_m: distanceM }, unit) =>
    `${unit} is not coming closer${distanceM === null ? "" : `: ${away(distanceM)} away`}`,
  welfare_asked: (_, unit) => `${unit} is asked whether all is well`,
  welfare_silent: (_, unit) => `${unit} does not answer whether all is well`,
  welfare_answered: ({ answer }, unit) => (answer === "help" ? `${unit} needs help` : `${unit} is all right`),
  emergency_called: ({ doubt }, unit) => `${unit} calls for help${doubt ? `, ${doubt}` : ""}`,
  emergency_repeated: ({ moved }, unit) => `${unit} calls for help again${moved ? ", from another place" : ""}`,
  deadline_restored: () => "Nobody would have looked at this any more: the clock does again",
  care_restored: (_, unit) => `Nobody looked after ${unit} any more: the clock does again`,
  page_restored: () => "A page would never have been sent: it is sent now",
  disposition_reported: ({ disposition, casings, note }) =>
    [`Found: ${words(disposition)}`, casings === null ? "" : `casings: ${casings}`, note ?? ""]
      .filter(Boolean)
      .join(", "),
};

function kinds(units) {
  const found = new Map();
  for (const { kind } of units) found.set(kind, (found.get(kind) ?? 0) + 1);
  return [...found].map(([kind, number]) => `${number} × ${words(kind)}`).join(", ");
}
