// Who was asked, why, and what came of it? One row an alert, with the time of every stage.

import { badge } from "../badge.js";
import { el, whenChanged } from "../el.js";
import { after, timeElement } from "../times.js";
import { words } from "../words.js";

const COLUMNS = [
  "Unit",
  "Level",
  "Why asked",
  "State",
  "Queued",
  "Sent",
  "On a phone",
  "Displayed",
  "Answered",
  "Confirmed",
  "Then",
];

export function alertTable() {
  const heading = el("h3", {}, "Asked");
  const body = el("tbody");
  const head = el(
    "thead",
    {},
    el(
      "tr",
      {},
      COLUMNS.map((name) => el("th", { scope: "col" }, name)),
    ),
  );
  const table = el("table", {}, head, body);
  const none = el("p", { class: "quiet" }, "Nobody was asked.");
  const draw = whenChanged((rows) => {
    heading.textContent = rows.length ? `Asked: ${rows.length}` : "Asked";
    table.hidden = rows.length === 0;
    none.hidden = rows.length > 0;
    body.replaceChildren(...rows.map(alertRow));
  });
  return {
    // A wide table scrolls by itself, by keyboard too.
    element: el("section", { class: "part asked", tabindex: "0", "aria-label": "Units asked" }, heading, table, none),
    show: (incident) => draw(rowsOf(incident)),
  };
}

function rowsOf({ alerts, timeline, pages }) {
  const rows = alerts.map((alert) => ({
    ...alert,
    // A unit that was asked twice has two reasons; the alert is about the last one.
    asked: timeline.findLast(({ action, details }) => action === "unit_asked" && details.unit_id === alert.unit_id)
      ?.details,
    failure: pages.findLast((page) => page.alert_id === alert.alert_id && page.failure)?.failure ?? null,
  }));
  return rows.sort((one, other) => one.level - other.level || (one.asked?.rank ?? 0) - (other.asked?.rank ?? 0));
}

function alertRow(row) {
  const since = (at) =>
    el("td", { class: "when" }, at && [timeElement(at), el("span", { class: "after" }, after(at, row.queued_at))]);
  return el(
    "tr",
    { "data-state": row.state },
    el("th", { scope: "row" }, row.call_sign),
    el("td", { class: "number" }, row.level),
    el("td", {}, row.asked?.reason ?? ""),
    el("td", {}, badge(row.state), told(row)),
    el("td", { class: "when" }, timeElement(row.queued_at)),
    since(row.sent_at),
    since(row.received_at),
    since(row.displayed_at),
    since(row.acknowledged_at ?? row.declined_at),
    since(row.confirmed_at),
    el("td", { class: "when" }, progress(row)),
  );
}

function told({ role, reason, failure, state }) {
  const text = role ?? reason ?? (state === "failed" ? failure : null);
  return text && el("span", { class: "told" }, words(text));
}

function progress(row) {
  const steps = [
    ["en route", row.en_route_at],
    ["on scene", row.on_scene_at],
    ["clear", row.cleared_at],
  ];
  const [word, at] = steps.findLast(([, when]) => when) ?? [];
  return at && [timeElement(at), el("span", { class: "after" }, word)];
}
