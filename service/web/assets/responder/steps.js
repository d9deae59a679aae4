// How far has this unit come with an alert that it acknowledged? Remembered here, since alerts do not say it again.

import { remember, remembered } from "../memory.js";
import { isLiving } from "./inbox.js";

const KEPT = 50;
export const STEPS = ["en_route", "on_scene", "clear"];

export function steps() {
  let known = remembered("steps", {});

  function keep(alert, change) {
    const { [alert.alert_id]: before = {}, ...others } = known;
    known = Object.fromEntries([[alert.alert_id, { ...before, ...change }], ...Object.entries(others)].slice(0, KEPT));
    remember("steps", known);
  }

  return {
    /** The last step said, `en_route` from the acknowledgment on. */
    of: (alert) => known[alert.alert_id]?.step ?? "en_route",
    /** What was found; null until somebody said so, "skipped" when nobody wants to. */
    found: (alert) => known[alert.alert_id]?.found ?? null,
    walk: (alert, step) => keep(alert, { step }),
    find: (alert, found) => keep(alert, { found }),
  };
}

/** The unit is on its way or there: it is busy with this incident. */
export function isActive(alert, walked) {
  return alert.state === "acknowledged" && isLiving(alert.incident) && walked.of(alert) !== "clear";
}

/** Nothing is left to say about it on this phone. */
export function hasSaidAll(alert, walked) {
  return alert.state !== "acknowledged" || !isLiving(alert.incident) || walked.found(alert) !== null;
}
