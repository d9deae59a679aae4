// Why can a unit not go? A short list, one tap each; the dispatcher reads the words as they stand here.

import { el } from "../el.js";

const REASONS = ["On another call", "Transporting somebody", "Too far away", "Vehicle trouble", "Other"];

export function reasons({ chosen, back }) {
  return [
    el("h3", { class: "why" }, "Why can you not go?"),
    ...REASONS.map((reason) =>
      el("button", { type: "button", class: "thumb reason", on: { click: () => chosen(reason) } }, reason),
    ),
    el("button", { type: "button", class: "thumb back", on: { click: back } }, "Back"),
  ];
}
