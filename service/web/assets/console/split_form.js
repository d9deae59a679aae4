// Which detections were something else? Ticked here, they become an incident of their own, which rings like a new one.

import { el } from "../el.js";
import { timeElement } from "../times.js";
import { confidence, count, heard, place } from "../words.js";
import { actForm } from "./act_form.js";
import { detectionIds } from "./offers.js";

export function splitForm({ incident, act, close }) {
  const ids = detectionIds(incident);
  const boxes = ids.map((value) => el("input", { type: "checkbox", value, on: { change: () => form.relabel() } }));
  const rows = ids.map((id, index) =>
    el("label", { class: "choice-row" }, boxes[index], el("strong", { class: "id" }, id), whatWasHeard(incident, id)),
  );
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const form = actForm({
    title: "Split: which detections were something else?",
    fields: [
      el("fieldset", { class: "choice-rows" }, el("legend", { class: "unseen" }, "Detections"), rows),
      el("p", { class: "quiet" }, "They become an incident of their own and ring; at least one stays here."),
    ],
    body() {
      const number = chosen().length;
      return number > 0 && number < ids.length ? { detection_ids: chosen() } : null;
    },
    missing: "Tick at least one, and leave at least one.",
    label: () => (chosen().length ? `Split off ${count(chosen().length, "detection")}` : "Split off"),
    doing: "Splitting …",
    isGrave: true,
    act,
    close,
  });
  return form;
}

/** As its source said it last. */
function whatWasHeard({ detections }, id) {
  const message = detections.findLast((detection) => detection.detection_id === id && detection.sound);
  if (!message) return el("span", {}, "dismissed");
  const { sound } = message;
  return el("span", {}, timeElement(sound.occurred_at), ` ${heard(sound)}, ${confidence(sound)}, ${place(sound)}`);
}
