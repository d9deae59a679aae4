// How long did it take from the shot to an answer? The first time of every stage, counted from the webhook.

import { el, whenChanged } from "../el.js";
import { after, timeElement } from "../times.js";
import { receivedAt, stages } from "./stages.js";

export function stageLine() {
  const steps = el("ol", { class: "stages" });
  const draw = whenChanged(({ found, start }) => {
    const last = found.findLastIndex(([, at]) => at !== null);
    steps.replaceChildren(...found.map(([name, at], index) => step(name, { at, start, isSkipped: index < last })));
  });
  return {
    element: el("section", { class: "part stage-line", "aria-label": "Time of every stage" }, steps),
    show: (incident) => draw({ found: stages(incident), start: receivedAt(incident) }),
  };
}

/** Skipped: it has gone on without it, as for a phone that is not rung by push but asks by itself. */
function step(name, { at, start, isSkipped }) {
  const isStart = at !== null && at === start;
  return el(
    "li",
    { "data-come": at !== null },
    el("span", { class: "stage-name" }, name),
    at ? timeElement(at) : el("span", { class: "quiet" }, isSkipped ? "–" : "not yet"),
    el("span", { class: "after" }, at && start && !isStart ? after(at, start) : ""),
  );
}
