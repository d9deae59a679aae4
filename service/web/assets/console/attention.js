// What can nobody at the console miss? A band across the page for whatever needs somebody now, and a sound.

import { el } from "../el.js";
import { ALARM, CHIME } from "../speaker.js";
import { attentionRow } from "./attention_row.js";
import { markOf, marks, pressing } from "./concerns.js";

const SOUNDS_EVERY_MS = 3_000;
/** As the page is called; what needs somebody is counted before it, for a tab in the background. */
const TITLE = document.title;

/**
 * What was seen to goes away by itself. A unit's concern can be put aside until it is told anew; an incident that needs
 * somebody stays, only its sound can be silenced. `hand` confirms from here, `announce` tells screen readers.
 */
export function attention(element, { sound, announce, hand }) {
  const rows = new Map();
  const silenced = new Set();
  const aside = new Set();
  const list = el("ul");
  const hush = el("button", { type: "button", class: "hush", on: { click: silence } }, "Silence");
  element.append(list, hush);
  let all = [];

  function draw() {
    const shown = all.map(withoutAside).filter(Boolean);
    element.hidden = shown.length === 0;
    document.title = shown.length ? `(${shown.length}) ${TITLE}` : TITLE;
    for (const [key, row] of rows) {
      if (shown.some((item) => item.key === key)) continue;
      row.element.remove();
      rows.delete(key);
    }
    shown.forEach((item, position) => {
      const row = rowOf(item);
      // Moved only when it has to: moving an element takes the focus out of it.
      if (list.children[position] !== row.element) list.insertBefore(row.element, list.children[position] ?? null);
    });
    makeSound();
  }

  function withoutAside(item) {
    const concerns = item.concerns.filter((concern) => !aside.has(markOf(concern)));
    return item.concerns.length && !concerns.length ? null : { ...item, concerns };
  }

  function rowOf(item) {
    if (!rows.has(item.key)) rows.set(item.key, attentionRow(item, { hand, putAside }));
    const row = rows.get(item.key);
    row.show(item);
    return row;
  }

  function makeSound() {
    const isDue = all.some((item) => item.isLoud && marks(item).some((mark) => !silenced.has(mark)));
    hush.hidden = !isDue;
    sound.repeatWhile(isDue, ALARM, SOUNDS_EVERY_MS);
  }

  /** What is loud now; something else sounds again. */
  function silence() {
    for (const item of all) if (item.isLoud) for (const mark of marks(item)) silenced.add(mark);
    makeSound();
  }

  function putAside(concerns) {
    for (const mark of concerns.map(markOf)) {
      silenced.add(mark);
      aside.add(mark);
    }
    draw();
  }

  return {
    silence,
    show({ living }) {
      const before = new Set(all.flatMap(marks));
      all = pressing(living);
      const fresh = all.filter((item) => marks(item).some((mark) => !before.has(mark)));
      draw();
      for (const { key, isLoud } of fresh) announce(rows.get(key)?.text ?? "", { isLoud });
      if (fresh.some(({ isLoud }) => !isLoud)) sound.play(CHIME);
    },
    /** The incident after `incidentId` among those that need somebody; null when there is none. */
    next(incidentId) {
      const ids = [...new Set(all.map(({ incident }) => incident.incident_id))];
      return ids.length ? ids[(ids.indexOf(incidentId) + 1) % ids.length] : null;
    },
  };
}
