// What is wrong with Beatline itself? A band under the bar that nobody can put aside: it goes when it is mended.

import { el, whenChanged } from "../el.js";
import { timeElement, timeOfDay } from "../times.js";

/** `announce` tells screen readers what is new; an urgent alarm does not wait for a pause. */
export function alarmsBanner(element, { announce }) {
  const list = el("ul");
  element.append(list);
  let known = new Set();

  const draw = whenChanged((items) => {
    element.hidden = items.length === 0;
    list.replaceChildren(...items.map(row));
    for (const item of items) if (!known.has(item.alarm)) announce(said(item), { isLoud: item.severity === "urgent" });
    known = new Set(items.map(({ alarm }) => alarm));
  });

  return {
    /** All that stand now; null when nobody could say. */
    show(answer) {
      if (answer) draw(answer.items);
    },
  };
}

function row({ severity, title, meaning, detail, since }) {
  const start = since ? [" since ", timeElement(since)] : [];
  return el(
    "li",
    { "data-severity": severity },
    el("p", {}, el("strong", {}, title, ...start), `: ${meaning}`),
    detail && el("p", { class: "alarm-detail" }, detail),
  );
}

function said({ title, meaning, since }) {
  return `${title}${since ? ` since ${timeOfDay(since)}` : ""}: ${meaning}`;
}
