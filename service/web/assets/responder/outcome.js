// What became of an alert, said to the officer who got it? Words only.

/** Every state of an alert that no longer rings. */
export function outcome({ state, reason, incident }) {
  if (incident.drill) return state === "acknowledged" ? "You pressed “Received”." : "The drill is over. Nothing to do.";
  if (state === "recalled" && reason) return `${reason}. Nothing to do.`;
  if (incident.state === "cancelled") return "Cancelled. Nothing to do.";
  if (incident.state === "closed") return "Closed. Nothing to do.";
  switch (state) {
    case "recalled":
      return "No longer needed. Nothing to do.";
    case "declined":
      return "You said that you cannot go.";
    case "expired":
      return incident.state === "covered"
        ? "No answer in time. Covered by other units."
        : "No answer in time. Other units are being asked.";
    case "failed":
      return "Your phones could not be reached.";
    case "acknowledged":
      return "You went, and are clear.";
    default:
      return "";
  }
}
