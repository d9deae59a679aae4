// What needs somebody now, of all that lives? Emergencies, incidents that nobody answers, and units forgotten.

const TEXT = {
  unconfirmed: "not confirmed",
  stalled: "not coming closer",
  silent: "does not answer whether all is well",
};
/** These sound until somebody has heard them; of the others one chime is enough. */
const LOUD = new Set(["emergency", "unanswered", "silent"]);
const ORDER = ["emergency", "silent", "unanswered", "stalled", "unconfirmed"];

export function concernText({ kind }) {
  return TEXT[kind];
}

/**
 * Of the living incidents, the most pressing first: {key, kind, isLoud, incident, concerns, since}, one for each
 * incident and kind. `concerns` are empty where the incident itself is what needs somebody.
 */
export function pressing(living) {
  return living
    .flatMap(ofIncident)
    .sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind) || (one.since < other.since ? -1 : 1));
}

/** What can be heard, and put aside, once: it is another when the same is told anew. */
export function marks({ key, concerns }) {
  return concerns.length ? concerns.map(markOf) : [key];
}

export function markOf({ kind, alert_id: alertId, told_at: toldAt }) {
  return `${kind} ${alertId} ${toldAt}`;
}

function ofIncident(incident) {
  const { concerns, emergency, state, occurred_at: since } = incident;
  const kinds = new Set(concerns.map(({ kind }) => kind));
  return [
    ...(emergency ? [item("emergency", incident, { concerns: [], since })] : []),
    ...(state === "unanswered" ? [item("unanswered", incident, { concerns: [], since })] : []),
    ...[...kinds].map((kind) => {
      const those = concerns.filter((concern) => concern.kind === kind);
      return item(kind, incident, { concerns: those, since: those.map((each) => each.since).sort()[0] });
    }),
  ];
}

function item(kind, incident, { concerns, since }) {
  return { key: `${kind} ${incident.incident_id}`, kind, isLoud: LOUD.has(kind), incident, concerns, since };
}
