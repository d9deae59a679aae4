// Which alerts were there? Quietly: what became of each, and a way to go late while the incident lives.

import { badge } from "../badge.js";
import { el, whenChanged } from "../el.js";
import { timeElement } from "../times.js";
import { heard, place } from "../words.js";
import { isLiving } from "./inbox.js";
import { outcome } from "./outcome.js";

const SHOWN = 10;

export function earlierAlerts(list, { none, told }) {
  const draw = whenChanged((alerts) => {
    list.replaceChildren(...alerts.map(({ alert, refusal }) => item(alert, refusal)));
  });

  function item(alert, refusal) {
    const { incident } = alert;
    // An officer is never refused for being late.
    const canGo = alert.state !== "acknowledged" && isLiving(incident);
    return el(
      "li",
      { class: "earlier-alert" },
      el("p", { class: "earlier-head" }, badge(alert.state), timeElement(incident.occurred_at)),
      incident.drill
        ? el("p", {}, el("strong", {}, heard(incident)))
        : el("p", {}, el("strong", {}, place(incident)), `, ${heard(incident).toLowerCase()}`),
      el("p", { class: "quiet" }, refusal ?? outcome(alert)),
      canGo &&
        el("button", { type: "button", class: "late", on: { click: () => told.accept(alert) } }, "Going after all"),
    );
  }

  return {
    show(alerts, { isFirst }) {
      none.hidden = !isFirst;
      draw(alerts.slice(0, SHOWN).map((alert) => ({ alert, refusal: told.refusal(alert)?.message ?? null })));
    },
  };
}
