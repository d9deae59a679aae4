// What does this phone know of its unit's alerts, and which of them rings? Told in any order, often twice.

const RINGING = new Set(["queued", "sent", "received"]);
const SETTLES_MS = 1_500;

/**
 * Alerts by incident. A phone shows the highest sequence that it has seen of an incident, and never an older one.
 * An alert keeps ringing until it is answered, silenced, no longer ours, or its deadline has passed.
 */
export function inbox({ clock }) {
  const known = new Map();
  const learnedAtMs = new Map();
  const silenced = new Set();
  const aside = new Set();
  let next = null;
  let top = null;

  function put(alert) {
    const before = known.get(alert.incident_id);
    if (before && (alert.sequence < before.sequence || same(alert, before))) return null;
    known.set(alert.incident_id, alert);
    return { alert, before };
  }

  const waits = (alert) =>
    !aside.has(turn(alert)) && (RINGING.has(alert.state) || ((isLate(alert) || isDrilled(alert)) && wasOnTop(alert)));
  const wasOnTop = (alert) => top !== null && turn(top) === turn(alert);
  const isLate = ({ state, incident }) => state === "expired" && isLiving(incident);
  // Whoever drills has seen enough after a second; whoever looks at the phone has not.
  const isDrilled = ({ state, incident, deadline_at: until }) =>
    incident.drill && state === "expired" && Date.parse(until) > clock.now();
  const isLoud = (alert) =>
    !alert.incident.drill &&
    RINGING.has(alert.state) && !silenced.has(turn(alert)) && Date.parse(alert.deadline_at) > clock.now();

  return {
    /** What to ask for next, as the service said it: null the first time. */
    get since() {
      return next;
    },
    /** What is new in an answer that was asked for at `askedAtMs`, with what was known before. */
    take({ items, next: following }, askedAtMs) {
      // Asked before our own answer was in: what it says of that alert may be older. It will be asked once more.
      const fresh = items.filter((alert) => (learnedAtMs.get(alert.incident_id) ?? 0) < askedAtMs);
      if (fresh.length === items.length) next = following ?? next;
      // Oldest first, so that the newest is told last.
      return fresh.toReversed().map(put).filter(Boolean);
    },
    /** What the service answered to something that was said on this phone. */
    learn(alert) {
      learnedAtMs.set(alert.incident_id, Date.now());
      put(alert);
    },
    /** What was said on this phone is so new that a word of the service may have been on its way since before. */
    hasJustLearned: ({ incident_id: id }) => Date.now() - (learnedAtMs.get(id) ?? 0) < SETTLES_MS,
    silence: (alert) => silenced.add(turn(alert)),
    /** Everything that rings now; another alert rings again. */
    silenceAll() {
      for (const alert of this.ringing) silenced.add(turn(alert));
    },
    setAside: (alert) => aside.add(turn(alert)),
    /** Newest first. */
    get all() {
      return [...known.values()].sort((one, other) => other.incident.opened_at.localeCompare(one.incident.opened_at));
    },
    get ringing() {
      return this.all.filter((alert) => RINGING.has(alert.state));
    },
    get waiting() {
      return this.all.filter(waits);
    },
    /** The one that takes over the screen. While it rings, it is never swapped for another one under a thumb. */
    get onTop() {
      const waiting = this.waiting;
      const ringing = waiting.filter((alert) => RINGING.has(alert.state));
      // A drill gives way at once: what is real must not wait behind it.
      const real = ringing.filter(({ incident }) => !incident.drill);
      top = real.find(wasOnTop) ?? real[0] ?? ringing[0] ?? waiting[0] ?? null;
      return top;
    },
    get isLoud() {
      return this.ringing.some(isLoud);
    },
  };
}

export function isLiving({ state }) {
  return state !== "closed" && state !== "cancelled";
}

/** An alert that is asked again after it was over is another turn: it rings again. */
function turn({ alert_id: alertId, deadline_at: deadlineAt }) {
  return `${alertId} ${deadlineAt}`;
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
