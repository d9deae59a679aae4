// Does an alert reach this phone now, and how fast? Says so, and since when it does not: then the radio alone is left.

import { clockTime } from "../times.js";

export function connection(element) {
  let lastMs = null;
  let isLive = false;
  let isDown = false;

  function draw() {
    const since = lastMs ? `No connection since ${clockTime(lastMs)}.` : "No connection.";
    const up = isLive ? "Live" : "Connected, not live";
    const text = isDown ? `${since} Use the radio.` : up;
    element.toggleAttribute("data-down", isDown);
    if (element.textContent !== text) element.textContent = text;
  }

  return {
    /** Told at once; else the page asks, and an alert comes a few seconds later. */
    live(nowLive) {
      isLive = nowLive;
      if (isLive) isDown = false;
      if (lastMs) draw();
    },
    isUp(nowMs) {
      lastMs = nowMs;
      isDown = false;
      draw();
    },
    isDown() {
      isDown = true;
      draw();
    },
  };
}
