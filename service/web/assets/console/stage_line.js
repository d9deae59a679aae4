// How long did each stage take, from the shot to closed? By the service's own clock of the incident.

import { el, whenChanged } from "../el.js";
import { later, timeElement } from "../times.js";
import { sentence, words } from "../words.js";

export function stageLine() {
  const steps = el("ol", { class: "stages" });
  const draw = whenChanged((stages) => {
    const entries = Object.entries(stages);
    const last = entries.findLastIndex(([, came]) => came !== null);
    steps.replaceChildren(...entries.map(([name, came], index) => step(name, came, { isSkipped: index < last })));
  });
  return {
    element: el("section", { class: "part stage-line", "aria-label": "Time of every stage" }, steps),
    show: ({ stages }) => draw(stages),
  };
}

/** Skipped: it has gone on without it, as for a phone that is not rung by push but asks by itself. */
function step(name, came, { isSkipped }) {
  return el(
    "li",
    { "data-come": came !== null },
    el("span", { class: "stage-name" }, sentence(words(name))),
    came ? timeElement(came.at) : el("span", { class: "quiet" }, isSkipped ? "–" : "not yet"),
    el("span", { class: "after" }, came && name !== "shot" ? later(came.after_shot_s) : ""),
  );
}
