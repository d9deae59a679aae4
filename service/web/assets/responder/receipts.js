// Does the service know that this phone has an alert, and that somebody could see it? Once each, until it has arrived.

export function receipts(api) {
  const sent = new Set();

  function send(alert, kind) {
    const key = `${kind} ${alert.alert_id} ${alert.deadline_at}`;
    if (sent.has(key)) return;
    sent.add(key);
    // Whatever was not answered is tried again with the next look.
    api.post(`/v1/me/alerts/${alert.alert_id}/receipt`, { kind, at: new Date().toISOString() }).catch((error) => {
      if (error.passes) sent.delete(key);
    });
  }

  return {
    received: (alerts) => alerts.forEach((alert) => send(alert, "received")),
    displayed: (alert) => send(alert, "displayed"),
  };
}
