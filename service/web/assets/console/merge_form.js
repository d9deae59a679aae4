// Which incident is it really? The living ones, nearest first: to be the same it must be near in place and time.

import { badge } from "../badge.js";
import { el } from "../el.js";
import { distanceBetween } from "../geo.js";
import { ticking } from "../times.js";
import { away, heard, place } from "../words.js";
import { actForm } from "./act_form.js";

const SHOWN = 12;

/** `living()` gives all incidents that live. */
export function mergeForm({ incident, living, act, close }) {
  const others = nearest(incident, living()).slice(0, SHOWN);
  const choices = others.map(({ other }) => el("input", { type: "radio", name: "into", value: other.incident_id }));
  const rows = others.map(({ other, distanceM }, index) =>
    el(
      "label",
      { class: "choice-row" },
      choices[index],
      el("strong", { class: "number" }, away(distanceM)),
      el("span", {}, `${heard(other)}, ${place(other)}`),
      badge(other.state),
      el("span", { class: "quiet" }, ticking("age", other.occurred_at), " ago"),
    ),
  );
  const none = el("p", {}, "No other incident lives.");
  return actForm({
    title: "Merge into which incident?",
    fields: [
      el(
        "fieldset",
        { class: "choice-rows" },
        el("legend", { class: "unseen" }, "Incident"),
        rows.length ? rows : none,
      ),
      el("p", { class: "quiet" }, "Its detections, alerts and acknowledgments go there; this one is closed."),
    ],
    body() {
      const into = choices.find((choice) => choice.checked)?.value;
      return into ? { into } : null;
    },
    missing: others.length ? "Choose an incident." : "There is none to merge into.",
    label: "Merge into it",
    doing: "Merging …",
    isGrave: true,
    act,
    close,
  });
}

function nearest(incident, living) {
  return living
    .filter((other) => other.incident_id !== incident.incident_id)
    .map((other) => ({ other, distanceM: distanceBetween(incident.location, other.location) }))
    .sort((one, two) => one.distanceM - two.distanceM);
}
