// What time is it for the service? A viewer's clock may be an hour off; deadlines must count down all the same.

/** Below this, an answer's travel and its whole seconds explain the difference: the viewer's clock is left alone. */
const TOLERANCE_MS = 2_000;

/** A clock that learns from the Date header of answers. `now()` is in milliseconds, as Date.now(). */
export function serverClock(own = () => Date.now()) {
  let offsetMs = 0;
  return {
    now: () => own() + offsetMs,
    learn(date, askedAtMs) {
      const saidMs = Date.parse(date ?? "");
      if (Number.isNaN(saidMs)) return;
      const middleMs = (askedAtMs + own()) / 2;
      const measuredMs = saidMs + 500 - middleMs;
      offsetMs = Math.abs(measuredMs) > TOLERANCE_MS ? measuredMs : 0;
    },
  };
}
