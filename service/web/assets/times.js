// How is a time written? In the viewer's local time with seconds, on a 24-hour clock. Not for what changes: `ticking`.

import { el } from "./el.js";

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "long",
  hourCycle: "h23",
});

export function clockTime(atMs) {
  return CLOCK.format(atMs);
}

/** "03:12:09", with the day before it when that is not today's. */
export function timeOfDay(text, nowMs = Date.now()) {
  const at = new Date(text);
  const sameDay = at.toDateString() === new Date(nowMs).toDateString();
  return sameDay ? clockTime(at) : `${DAY.format(at)}, ${clockTime(at)}`;
}

/** A <time> for one of the API's times; its whole self with the zone in the tooltip. */
export function timeElement(text) {
  return el("time", { datetime: text, title: FULL.format(new Date(text)) }, timeOfDay(text));
}

/** A <time> that counts, kept up to date by `ticking`: "age" since then, "left" until then. */
export function ticking(kind, text) {
  return el("time", { datetime: text, "data-tick": kind, title: FULL.format(new Date(text)) });
}

/** "8 s", "2 min 05 s", "3 h 10 min", "4 d": never negative. */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${pad(Math.floor(seconds / 60) % 60)} min`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** How long after `startText` another of the API's times is, as `later` says it. */
export function after(text, startText) {
  return later((Date.parse(text) - Date.parse(startText)) / 1_000);
}

/** "+0.21 s", "+12.4 s", "+2 min 05 s"; "−" for what was before. */
export function later(seconds) {
  const sign = seconds < 0 ? "−" : "+";
  const size = Math.abs(seconds);
  if (size < 10) return `${sign}${size.toFixed(2)} s`;
  if (size < 60) return `${sign}${size.toFixed(1)} s`;
  return `${sign}${duration(size * 1_000)}`;
}

function pad(number) {
  return String(number).padStart(2, "0");
}
