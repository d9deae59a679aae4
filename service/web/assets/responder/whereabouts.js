// How far is it from here, and which way? By this phone's own position where it is known, else as the service said.

import { bearingTo, distanceBetween } from "../geo.js";
import { away, compassPoint } from "../words.js";

/** "430 m north-east"; null when nobody knows. `here` is {lat, lon} or null. */
export function whereabouts({ distance_m: distanceM, incident }, here) {
  if (here)
    return `${away(distanceBetween(here, incident.location))} ${compassPoint(bearingTo(here, incident.location))}`;
  return distanceM === null ? null : `${away(distanceM)} away`;
}
