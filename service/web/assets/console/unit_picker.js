// Who else is sent? Every unit of the agency, nearest first, several at once; the reasons against somebody beside them.

import { el } from "../el.js";
import { polling } from "../polling.js";
import { away, count, sentence, words } from "../words.js";
import { actForm } from "./act_form.js";
import { unitChoices } from "./unit_choice.js";

const EVERY_MS = 5_000;
const SHOWN = 30;
/** As many as one call takes. */
const AT_MOST = 50;

/** `current()` is the incident as it is now, `incidents()` all that are known; cars move while somebody chooses. */
export function unitPicker({ api, clock, current, incidents, act, close }) {
  const rows = new Map();
  const chosen = new Map();
  let units = [];
  const filter = el("input", { type: "search", autocomplete: "off", spellcheck: "false", on: { input: draw } });
  const list = el("ul", { class: "units", "aria-label": "Units, nearest first", on: { keydown } });
  const more = el("p", { class: "quiet", role: "status" }, "Looking where the units are …");
  const form = actForm({
    title: "Send which units?",
    fields: [el("label", {}, "Call sign", filter), list, more],
    body: () => (chosen.size && chosen.size <= AT_MOST ? { unit_ids: [...chosen.keys()] } : null),
    missing: `Choose at least one unit, and at most ${AT_MOST}.`,
    label: () => (chosen.size ? `Send ${[...chosen.values()].join(", ")}` : "Send"),
    doing: "Sending …",
    act,
    close() {
      loop.stop();
      close();
    },
  });
  const loop = polling(look, { everyMs: () => EVERY_MS, failed: (error) => form.refuse(error.message) });

  async function look() {
    units = (await api.get("/v1/units")).items;
    draw();
  }

  function draw() {
    const wanted = filter.value.trim().toLowerCase();
    const choices = unitChoices(units, current(), { nowMs: clock.now(), incidents: incidents() });
    const fitting = choices.filter(({ unit }) => unit.call_sign.toLowerCase().includes(wanted));
    const shown = fitting.slice(0, SHOWN);
    const elements = shown.map((choice) => rowOf(choice).element);
    // Moved only when it has to: moving an element takes the focus out of it.
    elements.forEach((element, position) => {
      if (list.children[position] !== element) list.insertBefore(element, list.children[position] ?? null);
    });
    for (const element of [...list.children].slice(elements.length)) element.remove();
    more.textContent = told(fitting.length - shown.length, units.length);
  }

  function rowOf(choice) {
    const { unit_id: id } = choice.unit;
    if (!rows.has(id)) rows.set(id, unitRow(choice.unit, { tick: (isOn) => tick(choice.unit, isOn) }));
    const row = rows.get(id);
    row.show(choice);
    if (choice.refusal && chosen.delete(id)) form.relabel();
    return row;
  }

  function tick(unit, isOn) {
    if (isOn) chosen.set(unit.unit_id, unit.call_sign);
    else chosen.delete(unit.unit_id);
    form.relabel();
  }

  function keydown(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const boxes = [...list.querySelectorAll("input:not(:disabled)")];
    boxes[boxes.indexOf(document.activeElement) + by]?.focus();
  }

  return { ...form, stop: () => loop.stop() };
}

function told(hidden, total) {
  if (!total) return "The agency has no units.";
  return hidden > 0 ? `${count(hidden, "more unit")}: type a call sign.` : "";
}

function unitRow(unit, { tick }) {
  const box = el("input", { type: "checkbox", on: { change: () => tick(box.checked) } });
  const distance = el("span", { class: "number" });
  const why = el("span", { class: "why-not" });
  const row = el("label", { class: "choice-row" }, box, el("strong", {}, unit.call_sign), distance, why);
  return {
    element: el("li", {}, row),
    show({ unit: { kind, status }, distanceM, refusal, doubts }) {
      box.disabled = refusal !== null;
      if (refusal) box.checked = false;
      row.toggleAttribute("data-refused", refusal !== null);
      row.toggleAttribute("data-doubtful", refusal === null && doubts.length > 0);
      write(distance, distanceM === null ? "?" : away(distanceM));
      const against = refusal ? [refusal] : doubts;
      const kinds = kind === "patrol" ? [] : [words(kind)];
      const text = [...kinds, ...(against.length ? against : [words(status)])].join(", ");
      write(why, sentence(text));
    },
  };
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
