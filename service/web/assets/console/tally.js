// How much is going on? The number of living incidents in each state.

import { badge } from "../badge.js";
import { el, whenChanged } from "../el.js";

const TOLD = ["unanswered", "open", "held", "covered"];

export function tally(element) {
  const draw = whenChanged((counts) => {
    element.replaceChildren(
      ...counts.map(([state, number]) => el("span", { class: "count" }, badge(state), ` ${number}`)),
    );
  });
  return {
    show({ living }) {
      const number = (state) => living.filter((incident) => incident.state === state).length;
      draw(TOLD.map((state) => [state, number(state)]).filter(([, count]) => count > 0));
    },
  };
}
