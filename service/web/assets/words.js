// How is a word of the API said to a person? The same word with spaces, so that everybody talks about the same thing.

const EMERGENCY = "Officer emergency: ";
const DRILL = "DRILL: nothing was heard";
const UNIDENTIFIED = "unidentified sound";
const CONFIDENCE = { high: "high confidence", uncertain: "uncertain", low: "low confidence" };
const POINTS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];
const KILOMETRES_FROM_M = 995;

export function words(name) {
  return name.replaceAll("_", " ");
}

export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "Multiple gunshots, 6 rounds": what was heard, without the doubt; nothing was in a call for help or a drill. */
export function heard({ classification, rounds, emergency = null, drill = false }) {
  if (drill) return DRILL;
  if (emergency) return `${EMERGENCY}${emergency.call_sign}`;
  const what = classification === "unknown" ? UNIDENTIFIED : words(classification);
  return sentence(rounds > 1 ? `${what}, ${rounds} rounds` : what);
}

export function confidence({ confidence: said }) {
  return CONFIDENCE[said] ?? words(said);
}

export function notes({ tactical_notes: said }) {
  return said.map(words).join(", ");
}

/** The address of an emergency begins with whose it is, which `heard` says already. */
export function place({ address, location, emergency = null }) {
  const known = emergency && address?.startsWith(EMERGENCY) ? address.split(" · ").slice(1).join(" · ") : address;
  return known || coordinates(location);
}

export function coordinates({ lat, lon }) {
  return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
}

/** As a phone says it: to 10 m, from a kilometre on to 100 m. */
export function away(distanceM) {
  if (distanceM < KILOMETRES_FROM_M) return `${Math.max(10, Math.round(distanceM / 10) * 10)} m`;
  return `${(distanceM / 1_000).toFixed(1)} km`;
}

export function compassPoint(bearingDeg) {
  return POINTS[Math.round(bearingDeg / 45) % POINTS.length];
}

export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}
