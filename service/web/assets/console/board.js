// What is there to see, and what of it is looked at whole? One round of questions to the API; nothing is drawn here.

const WAITING = new Set(["held", "open"]);
const UNANSWERED_LIMIT = 200;

/**
 * The newest incidents, all that are unanswered however old, and one whole: the chosen one, or without a choice the
 * one that needs somebody most. Raises what `api` raises.
 */
export async function board(api, { chosenId, limit }) {
  const [newest, unanswered] = await Promise.all([
    api.get("/v1/incidents", { limit }),
    api.get("/v1/incidents", { state: "unanswered", limit: UNANSWERED_LIMIT }),
  ]);
  const incidents = newest.items;
  const shownId = chosenId || mostUrgent(incidents, unanswered.items)?.incident_id || null;
  return {
    incidents,
    hasOlder: newest.next !== null,
    unanswered: unanswered.items,
    isFollowing: !chosenId,
    shownId,
    whole: shownId ? await wholeOf(api, shownId) : null,
  };
}

function mostUrgent(incidents, unanswered) {
  return unanswered[0] ?? incidents.find((incident) => WAITING.has(incident.state)) ?? incidents[0];
}

async function wholeOf(api, incidentId) {
  try {
    return await api.get(`/v1/incidents/${encodeURIComponent(incidentId)}`);
  } catch (error) {
    // An old link, or another agency's: the rest of the board goes on.
    if (error.status === 404 || error.status === 422) return null;
    throw error;
  }
}
