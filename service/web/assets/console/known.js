// What does this console know of the incidents? Lists that were read and news that came, whichever is later.

const LIVING = new Set(["held", "open", "unanswered", "covered"]);

/** Nothing is drawn and nothing is asked for here. Newest first is by id: ids are made in the order of time. */
export function known() {
  const incidents = new Map();
  const toldAtMs = new Map();
  let isMoreThere = false;

  return {
    /** Answers that were asked for at `askedAtMs`; what was told since then is newer than they are. */
    take({ newest, others }, askedAtMs) {
      const listed = new Map([...others, newest].flatMap(({ items }) => items).map((each) => [each.incident_id, each]));
      for (const id of incidents.keys()) {
        const isNews = (toldAtMs.get(id) ?? 0) >= askedAtMs;
        if (!isNews && !listed.has(id)) forget(id);
        if (isNews) listed.delete(id);
      }
      for (const [id, incident] of listed) incidents.set(id, incident);
      isMoreThere = newest.next !== null;
    },
    /** One incident as it is now. */
    put(incident) {
      incidents.set(incident.incident_id, incident);
      toldAtMs.set(incident.incident_id, Date.now());
    },
    /** What the board shows: the newest, and all that need somebody, however old. */
    board(limit) {
      const all = [...incidents.values()].sort((one, other) => (one.incident_id < other.incident_id ? 1 : -1));
      return {
        incidents: all.slice(0, limit),
        hasOlder: isMoreThere || all.length > limit,
        living: all.filter(isLiving),
      };
    },
  };

  function forget(id) {
    incidents.delete(id);
    toldAtMs.delete(id);
  }
}

export function isLiving({ state }) {
  return LIVING.has(state);
}
