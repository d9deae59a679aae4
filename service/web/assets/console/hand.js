// How does a dispatcher's act get done? Once, however often it is pressed; its answer is what everybody sees next.

import { Problem, Unreachable } from "../api.js";
import { ACTS } from "./acts.js";

const NO_ANSWER = "No answer. It may be done all the same: look at the timeline before you try again.";

/** `took(incident)` gets the incident as it is after each act, `said(text)` what was done, for whoever listens. */
export function hand(api, { took, said }) {
  const underWay = new Set();
  let allowed = new Set();

  return {
    /** The operations that whoever is signed in may do. */
    allow(operations) {
      allowed = new Set(operations);
    },
    may: (name) => allowed.has(name),
    /** For a refusal of what is on the screen no more. */
    tell: (text) => said(text, { isLoud: true }),
    /**
     * Resolves to null when it is done, to words when it was refused, and to undefined when the same is under way
     * already. `about` is what it is done with, `done` what to say then.
     */
    async act(name, incident, { about = {}, done }) {
      const key = [name, incident.incident_id, about.alert_id].join(" ");
      if (underWay.has(key)) return undefined;
      underWay.add(key);
      try {
        took(await ACTS[name](api, incident, about));
        said(done);
        return null;
      } catch (error) {
        return refusal(error);
      } finally {
        underWay.delete(key);
      }
    },
  };
}

function refusal(error) {
  if (error instanceof Unreachable) return NO_ANSWER;
  if (error instanceof Problem) return error.passes ? `${error.message} Try again.` : error.message;
  reportError(error);
  return "This page has failed. Load it again.";
}
