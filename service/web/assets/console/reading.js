// Which incident is looked at whole, and as it was when? Every reading is in the journal: so no more than it takes.

/** Between two readings of the same incident, however much happens to it. */
const EVERY_MS = 1_000;
const AGAIN_MS = 3_000;

/**
 * `shown(incident)` gets the incident that is looked at each time it is read, null when it cannot be; `failed(error)`
 * what went wrong with the network.
 */
export function reading(api, { shown, failed }) {
  let id = null;
  let readAtMs = 0;
  let timer = null;
  let turn = 0;

  async function read() {
    clearTimeout(timer);
    timer = null;
    readAtMs = Date.now();
    turn += 1;
    const mine = turn;
    try {
      const incident = await api.get(`/v1/incidents/${encodeURIComponent(id)}`);
      if (mine === turn) shown(incident);
    } catch (error) {
      if (mine !== turn) return;
      // An old link, or another agency's: the rest of the board goes on.
      if (error.status === 404 || error.status === 422) shown(null);
      else {
        timer = setTimeout(read, AGAIN_MS);
        failed(error);
      }
    }
  }

  return {
    get id() {
      return id;
    },
    /** Looks at another one; the same again changes nothing. Null: at none. */
    open(incidentId) {
      if (incidentId === id) return;
      id = incidentId;
      turn += 1;
      clearTimeout(timer);
      timer = null;
      if (id === null) shown(null);
      else read();
    },
    /** Something happened to this incident: it is read again when it is the one that is looked at. */
    changed(incidentId) {
      if (incidentId !== id || timer) return;
      timer = setTimeout(read, Math.max(0, readAtMs + EVERY_MS - Date.now()));
    },
    /** What an act answered: later than any reading that is under way. */
    learn(incident) {
      if (incident.incident_id !== id) return;
      turn += 1;
      shown(incident);
    },
    forget() {
      clearTimeout(timer);
      timer = null;
      id = null;
      turn += 1;
    },
  };
}
