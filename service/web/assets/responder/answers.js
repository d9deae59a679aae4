// How does what a thumb said reach the service? Sent until it is answered: a bad network must not lose a "Going".

const AGAIN_MS = 2_000;

/**
 * `say(alert, path, body)` about one alert; a later word takes the place of one that is still on its way. Resolves to
 * what the service answered, or to null when it was refused or replaced. `took(alert)` gets every answer.
 */
export function answers({ api, changed, took }) {
  const pending = new Map();
  const refusals = new Map();

  async function say(alert, path, body) {
    const word = { path, body, tries: 0 };
    pending.set(alert.alert_id, word);
    refusals.delete(alert.alert_id);
    changed();
    while (pending.get(alert.alert_id) === word) {
      try {
        const answer = await api.post(`/v1/me/alerts/${alert.alert_id}/${path}`, {
          ...body,
          at: new Date().toISOString(),
        });
        settle(alert, word, () => took(answer));
        return answer;
      } catch (error) {
        if (!error.passes) {
          settle(alert, word, () => refusals.set(alert.alert_id, error));
          return null;
        }
        word.tries += 1;
        changed();
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    return null;
  }

  function settle(alert, word, act) {
    if (pending.get(alert.alert_id) === word) pending.delete(alert.alert_id);
    act();
    changed();
  }

  return {
    accept: (alert) => say(alert, "acknowledgment", { response: "accepted" }),
    decline: (alert, reason) => say(alert, "acknowledgment", { response: "declined", reason }),
    progress: (alert, status) => say(alert, "progress", { status }),
    disposition: (alert, found) => say(alert, "disposition", found),
    allRight: (alert) => say(alert, "welfare", { answer: "all_right" }),
    /** {path, body, tries} of what is still on its way about an alert. */
    pending: (alert) => pending.get(alert.alert_id) ?? null,
    refusal: (alert) => refusals.get(alert.alert_id) ?? null,
  };
}
