// Who moves the ages and countdowns on a page? One timer for all of them; it finds them by `data-tick`.

import { clockTime, duration } from "./times.js";

const EVERY_MS = 250;

/** Keeps every `[data-tick]` of the document true: "clock", "age" and "left"; `data-over` marks a deadline that has passed. */
export function startTicking(clock) {
  const tick = () => document.querySelectorAll("[data-tick]").forEach((element) => update(element, clock.now()));
  setInterval(tick, EVERY_MS);
  // What has just been drawn is filled in before anybody sees it empty.
  new MutationObserver(tick).observe(document.body, { childList: true, subtree: true });
  tick();
}

function update(element, nowMs) {
  const text = said(element, nowMs);
  if (element.textContent !== text) element.textContent = text;
}

function said(element, nowMs) {
  const atMs = Date.parse(element.getAttribute("datetime"));
  switch (element.dataset.tick) {
    case "age":
      return duration(nowMs - atMs);
    case "left":
      element.toggleAttribute("data-over", atMs <= nowMs);
      return atMs <= nowMs ? "over" : duration(atMs - nowMs + 999);
    default:
      return clockTime(nowMs);
  }
}
