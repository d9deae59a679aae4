// How does an officer get directions? By the phone's own map, which knows the way; no map of ours, no request to anybody.

import { el } from "../el.js";

const APPLE = /iPhone|iPad|Macintosh/;

export function mapLink({ lat, lon }) {
  const point = `${lat.toFixed(6)},${lon.toFixed(6)}`;
  const href = APPLE.test(navigator.userAgent) ? `maps:?daddr=${point}` : `geo:${point}?q=${point}`;
  return el("a", { class: "map-link", href }, "Open in maps");
}
