// What did the sources say? Every message about this incident, as it came.

import { el, whenChanged } from "../el.js";
import { after, timeElement } from "../times.js";
import { confidence, heard, place, words } from "../words.js";

const COLUMNS = ["Detection", "Kind", "Heard", "Received", "What", "Where"];

export function detectionTable() {
  const heading = el("h3", {}, "Detections");
  const body = el("tbody");
  const table = el(
    "table",
    {},
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        COLUMNS.map((name) => el("th", { scope: "col" }, name)),
      ),
    ),
    body,
  );
  const draw = whenChanged((detections) => {
    heading.textContent = `Detections: ${detections.length}`;
    body.replaceChildren(...detections.map(detectionRow));
  });
  return {
    element: el("section", { class: "part detections", tabindex: "0", "aria-label": "Detections" }, heading, table),
    show: ({ detections }) => draw(detections),
  };
}

function detectionRow({ sound, ...message }) {
  return el(
    "tr",
    {},
    el("th", { scope: "row", class: "id" }, message.detection_id, message.revision ? ` rev. ${message.revision}` : ""),
    el("td", {}, `${words(message.kind)} → ${words(message.outcome)}`),
    el("td", { class: "when" }, timeElement(message.occurred_at)),
    el(
      "td",
      { class: "when" },
      timeElement(message.received_at),
      el("span", { class: "after" }, after(message.received_at, message.occurred_at)),
    ),
    el("td", {}, sound ? `${heard(sound)}, ${confidence(sound)}` : ""),
    el("td", {}, sound ? `${place(sound)} ± ${Math.round(sound.location.uncertainty_m)} m` : ""),
  );
}
