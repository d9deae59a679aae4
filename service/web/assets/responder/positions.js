// Where is this phone? Asked of the device while on duty, told to the service every few seconds, a batch at a time.

const EVERY_MS = 5_000;
/** An older fix does not tell where an officer is who calls for help; the service knows better by then. */
const FRESH_MS = 30_000;
const SOON_MS = 10_000;
/** A device is silent while it stands still; the service would take it for lost after a minute. */
const STANDING_MS = 20_000;
const ACCURATELY = { enableHighAccuracy: true, maximumAge: 2_000 };
/** As many as one call takes; of more only the newest are worth keeping. */
const KEPT = 100;

/** `state` is "off", "asking", "refused", "missing" or "on"; `sentAtMs` is when the service last took a fix. */
export function positions({ api, clock }) {
  let watch = null;
  let timer = null;
  let waiting = [];
  let lastAtMs = 0;
  const seen = { state: "off", here: null, accuracyM: null, atMs: 0, sentAtMs: null };

  function heard({ coords, timestamp }) {
    if (watch === null) return;
    Object.assign(seen, {
      state: "on",
      here: { lat: coords.latitude, lon: coords.longitude },
      accuracyM: coords.accuracy,
      atMs: timestamp,
    });
    // A device may repeat a fix, or give one every tenth of a second.
    if (timestamp - lastAtMs < EVERY_MS / 2) return;
    lastAtMs = timestamp;
    waiting = [...waiting, fix(coords, timestamp)].slice(-KEPT);
  }

  function refused(error) {
    seen.state = error.code === error.PERMISSION_DENIED ? "refused" : "missing";
  }

  async function send() {
    if (Date.now() - lastAtMs > STANDING_MS) navigator.geolocation.getCurrentPosition(heard, refused, ACCURATELY);
    if (!waiting.length) return;
    const fixes = waiting;
    waiting = [];
    try {
      await api.post("/v1/me/positions", { sent_at: new Date().toISOString(), fixes });
      seen.sentAtMs = clock.now();
    } catch (error) {
      if (error.passes) waiting = [...fixes, ...waiting].slice(-KEPT);
    }
  }

  return {
    get state() {
      return seen.state;
    },
    get here() {
      return seen.here;
    },
    get accuracyM() {
      return seen.accuracyM;
    },
    get sentAtMs() {
      return seen.sentAtMs;
    },
    /** For a call for help: null rather than somewhere else. */
    get spot() {
      return seen.here && Date.now() - seen.atMs < FRESH_MS ? { ...seen.here, accuracy_m: seen.accuracyM } : null;
    },
    /** One new fix, off duty too; null when the phone does not find one in time. */
    spotSoon() {
      const how = { enableHighAccuracy: true, maximumAge: 0, timeout: SOON_MS };
      return new Promise((resolve) => {
        if (!navigator.geolocation) resolve(null);
        else
          navigator.geolocation.getCurrentPosition(
            ({ coords }) => resolve(spotOf(coords)),
            () => resolve(null),
            how,
          );
      });
    },
    start() {
      if (watch !== null) return;
      if (!navigator.geolocation) {
        seen.state = "missing";
        return;
      }
      seen.state = "asking";
      watch = navigator.geolocation.watchPosition(heard, refused, ACCURATELY);
      timer = setInterval(send, EVERY_MS);
      send();
    },
    /** Off duty nobody is followed: what was not sent yet is forgotten. */
    stop() {
      if (watch !== null) navigator.geolocation.clearWatch(watch);
      clearInterval(timer);
      watch = null;
      waiting = [];
      Object.assign(seen, { state: "off", here: null, accuracyM: null, sentAtMs: null });
    },
  };
}

function spotOf({ latitude, longitude, accuracy }) {
  return { lat: latitude, lon: longitude, accuracy_m: accuracy };
}

function fix(coords, timestamp) {
  return {
    lat: coords.latitude,
    lon: coords.longitude,
    at: new Date(timestamp).toISOString(),
    accuracy_m: coords.accuracy,
    // A standing phone has no heading, and JSON no NaN.
    heading_deg: Number.isFinite(coords.heading) ? coords.heading : null,
    speed_mps: coords.speed,
  };
}
