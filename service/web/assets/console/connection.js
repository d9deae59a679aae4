// Is what stands here still true? Says whether it is told at once or asked for, and since when nobody answers.

import { clockTime } from "../times.js";

/** `everyS`: how often is asked while nothing is told. */
export function connection(element, { everyS }) {
  let lastMs = null;
  let isLive = false;
  let isDown = false;

  function draw(problem = "") {
    const since = lastMs ? `Shown as of ${clockTime(lastMs)}. ` : "";
    const up = isLive ? "Live" : `Not live: asks every ${everyS} s`;
    element.dataset.line = isDown ? "down" : isLive ? "live" : "slow";
    const text = isDown ? `No connection. ${since}${problem}` : up;
    if (element.textContent !== text) element.textContent = text;
  }

  return {
    /** The stream has begun, or has ended. */
    live(nowLive) {
      isLive = nowLive;
      if (isLive) isDown = false;
      draw();
    },
    isUp(nowMs) {
      lastMs = nowMs;
      isDown = false;
      draw();
    },
    isDown(error) {
      isDown = true;
      draw(error.message);
    },
  };
}
