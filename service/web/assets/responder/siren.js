// How does the phone ring? A siren and vibration together, until there is no reason any more.

import { SIREN, speaker } from "../speaker.js";

const SOUNDS_EVERY_MS = 1_100;
const VIBRATION_MS = [400, 150, 400, 150];
const TRIES_FOR_MS = 2_500;

export function siren({ changed }) {
  const loudspeaker = speaker({ changed });
  let isSounding = false;
  let vibrating = null;
  let triedUntilMs = 0;

  function sound(isDue) {
    if (isDue && !isSounding) {
      vibrating = setInterval(() => navigator.vibrate?.(VIBRATION_MS), SOUNDS_EVERY_MS);
      loudspeaker.repeat(SIREN, SOUNDS_EVERY_MS);
    } else if (!isDue && isSounding) {
      clearInterval(vibrating);
      if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(0);
      loudspeaker.stop();
    }
    isSounding = isDue;
  }

  return {
    get isAllowed() {
      return loudspeaker.isAllowed;
    },
    /** Belongs into a click's listener. */
    allow: loudspeaker.allow,
    sound: (isDue) => sound(isDue || Date.now() < triedUntilMs),
    async tryOut() {
      await loudspeaker.allow();
      triedUntilMs = Date.now() + TRIES_FOR_MS;
      sound(true);
    },
  };
}
