// How far has this unit come with an alert that it acknowledged, and is anything left to say about it on this phone?

import { remember, remembered } from "../memory.js";
import { isLiving } from "./inbox.js";

const KEPT = 50;
export const STEPS = ["en_route", "on_scene", "clear"];

/** The last step said, `en_route` from the acknowledgment on. */
export function stepOf({ on_scene_at: onSceneAt, cleared_at: clearedAt }) {
  if (clearedAt) return "clear";
  return onSceneAt ? "on_scene" : "en_route";
}

/** The unit is on its way or there: it is busy with this incident. */
export function isActive(alert) {
  return alert.state === "acknowledged" && isLiving(alert.incident) && stepOf(alert) !== "clear";
}

/** What was found, by alert: remembered here, since alerts do not say it again. */
export function findings() {
  let known = remembered("findings", {});
  return {
    /** Null until somebody said so, "skipped" when nobody wants to. */
    of: (alert) => known[alert.alert_id] ?? null,
    keep(alert, found) {
      const { [alert.alert_id]: _, ...others } = known;
      known = Object.fromEntries([[alert.alert_id, found], ...Object.entries(others)].slice(0, KEPT));
      remember("findings", known);
    },
    /** Nothing is left to say about it. */
    areSaid(alert) {
      return alert.state !== "acknowledged" || !isLiving(alert.incident) || this.of(alert) !== null;
    },
  };
}
