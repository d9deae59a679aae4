// May the console sound? Never before somebody has clicked; whether it sounds is always to be seen.

import { remember, remembered } from "../memory.js";
import { CHIME } from "../speaker.js";

/** What sounds goes through here, so that nothing sounds while the switch is off. */
export function soundSwitch(button, loudspeaker) {
  let isWanted = remembered("console.sound", false);

  function show() {
    const isOn = isWanted && loudspeaker.isAllowed;
    button.setAttribute("aria-pressed", String(isOn));
    button.toggleAttribute("data-asks", isWanted && !isOn);
    button.textContent = isOn ? "Sound is on" : isWanted ? "Click to allow sound" : "Sound is off";
  }

  async function toggle() {
    isWanted = !(isWanted && loudspeaker.isAllowed);
    remember("console.sound", isWanted);
    if (isWanted) await loudspeaker.allow();
    else loudspeaker.stop();
    show();
    if (isWanted) loudspeaker.play(CHIME);
  }

  button.addEventListener("click", toggle);
  show();
  return {
    show,
    toggle,
    play: (tones) => isWanted && loudspeaker.play(tones),
    /** Sounds again and again while `isDue`; to be called whenever that may have changed. */
    repeatWhile(isDue, tones, everyMs) {
      if (isDue && isWanted) loudspeaker.repeat(tones, everyMs);
      else loudspeaker.stop();
    },
  };
}
