// Which incidents are there? Newest first, one link each; the address of the page says which one is looked at.

import { incidentRow } from "./incident_row.js";

const PAGE = 50;
const LIMIT = 200;

export function incidentList(element, { none, older, follow }) {
  const rows = new Map();
  let limit = PAGE;
  older.addEventListener("click", () => {
    limit = Math.min(LIMIT, limit + PAGE);
  });

  return {
    get limit() {
      return limit;
    },
    show({ incidents, hasOlder, shownId, isFollowing }) {
      none.hidden = incidents.length > 0;
      older.hidden = !hasOlder || limit >= LIMIT;
      if (isFollowing) follow.setAttribute("aria-current", "true");
      else follow.removeAttribute("aria-current");
      forgetOthers(rows, incidents);
      incidents.forEach((incident, position) => {
        const row = rowOf(rows, incident);
        row.show(incident, { isShown: incident.incident_id === shownId });
        // Moved only when it has to: moving an element takes the focus out of it.
        if (element.children[position] !== row.element)
          element.insertBefore(row.element, element.children[position] ?? null);
      });
    },
    /** To the next (1) or the previous one (−1), from the one in focus or else the one shown. */
    step(by) {
      const links = [...element.querySelectorAll("a")];
      const from = links.includes(document.activeElement) ? document.activeElement : shown(element);
      const next = links[Math.max(0, Math.min(links.length - 1, links.indexOf(from) + by))];
      if (next) choose(next);
    },
    focus: () => (shown(element) ?? element.querySelector("a"))?.focus(),
    has: (node) => element.contains(node),
  };
}

function rowOf(rows, incident) {
  const id = incident.incident_id;
  if (!rows.has(id)) rows.set(id, incidentRow(id));
  return rows.get(id);
}

function forgetOthers(rows, incidents) {
  const kept = new Set(incidents.map((incident) => incident.incident_id));
  for (const [id, row] of rows) {
    if (kept.has(id)) continue;
    row.element.remove();
    rows.delete(id);
  }
}

function shown(element) {
  return element.querySelector("a[aria-current]");
}

function choose(link) {
  link.focus();
  // Not one step in the history for every row passed on the way.
  history.replaceState(null, "", link.href);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
