// Where is this unit going? One card for each incident that it acknowledged, until there is nothing left to say.

import { assignmentCard } from "./assignment_card.js";

export function assignments(element, acts) {
  const cards = new Map();
  return {
    show(alerts) {
      element.hidden = alerts.length === 0;
      const kept = new Set(alerts.map((alert) => alert.alert_id));
      for (const [id, card] of cards) {
        if (kept.has(id)) continue;
        card.element.remove();
        cards.delete(id);
      }
      for (const alert of alerts) {
        if (!cards.has(alert.alert_id)) {
          const card = assignmentCard(acts);
          cards.set(alert.alert_id, card);
          element.append(card.element);
        }
        cards.get(alert.alert_id).show(alert);
      }
    },
  };
}
