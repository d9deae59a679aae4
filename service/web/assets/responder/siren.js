// How does the phone ring? A siren and vibration together, until there is no reason any more.

import { CHIME, SIREN, speaker } from "../speaker.js";

const SOUNDS_EVERY_MS = 1_100;
const VIBRATION_MS = [400, 150, 400, 150];
const TRIES_FOR_MS = 2_500;

export function siren({ changed }) {
  const loudspeaker = speaker({ changed });
  let isSounding = false;
  let vibrating = null;
  let triedUntilMs = 0;
  const drilled = new Set();

  function sound(isDue) {
    if (isDue && !isSounding) {
      vibrating = setInterval(vibrate, SOUNDS_EVERY_MS);
      loudspeaker.repeat(SIREN, SOUNDS_EVERY_MS);
    } else if (!isDue && isSounding) {
      clearInterval(vibrating);
      if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(0);
      loudspeaker.stop();
    }
    isSounding = isDue;
  }

  function testTone() {
    triedUntilMs = Date.now() + TRIES_FOR_MS;
    sound(true);
  }

  /** Refused, and complained of, before anybody has touched the page. */
  function vibrate() {
    if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(VIBRATION_MS);
  }

  return {
    get isAllowed() {
      return loudspeaker.isAllowed;
    },
    /** Belongs into a click's listener. */
    allow: loudspeaker.allow,
    sound: (isDue) => sound(isDue || Date.now() < triedUntilMs),
    /** Not even what is only tried out. */
    silence() {
      triedUntilMs = 0;
    },
    /** Once, for what wants no answer. */
    chime: () => loudspeaker.play(CHIME),
    async tryOut() {
      await loudspeaker.allow();
      testTone();
    },
    /** A drill is heard once and for a moment, however often it is shown. */
    drill({ alert_id: id }) {
      if (drilled.has(id)) return;
      drilled.add(id);
      testTone();
    },
  };
}
