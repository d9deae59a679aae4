// What is there to see on the console? The lists, and which incident needs somebody most; nothing is drawn here.

const AT_MOST = 200;

/** The newest incidents, and all that live, however old: those unanswered first of all. Raises what `api` raises. */
export async function lists(api, { limit }) {
  const [newest, ...others] = await Promise.all([
    api.get("/v1/incidents", { limit }),
    api.get("/v1/incidents", { state: "unanswered", limit: AT_MOST }),
    api.get("/v1/incidents", { state: ["held", "open", "covered"], limit: AT_MOST }),
  ]);
  return { newest, others };
}

/** The one to look at when nobody has chosen another: null when there is none. */
export function mostUrgent({ incidents, living }) {
  const isNeeded = ({ state }) => state === "open" || state === "unanswered";
  return (
    living.find((incident) => incident.emergency && isNeeded(incident)) ??
    living.find(({ state }) => state === "unanswered") ??
    living.find(({ state }) => state === "held" || state === "open") ??
    living.find(({ emergency }) => emergency) ??
    incidents[0] ??
    null
  );
}
