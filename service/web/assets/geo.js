// How far apart are two places, and which way does one lie from the other? Positions are {lat, lon} in degrees.

const EARTH_RADIUS_M = 6_371_009;

/** Metres on a sphere: off by up to 0.6 %, which nobody on the way or at a desk notices. */
export function distanceBetween(from, to) {
  const half = (degrees) => Math.sin(radians(degrees) / 2) ** 2;
  const chord =
    half(to.lat - from.lat) + Math.cos(radians(from.lat)) * Math.cos(radians(to.lat)) * half(to.lon - from.lon);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** Degrees from north, 0 to 360. */
export function bearingTo(from, to) {
  const east = Math.sin(radians(to.lon - from.lon)) * Math.cos(radians(to.lat));
  const north =
    Math.cos(radians(from.lat)) * Math.sin(radians(to.lat)) -
    Math.sin(radians(from.lat)) * Math.cos(radians(to.lat)) * Math.cos(radians(to.lon - from.lon));
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}

function radians(degrees) {
  return (degrees * Math.PI) / 180;
}
