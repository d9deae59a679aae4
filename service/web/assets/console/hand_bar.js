// What can be done about this incident? One row of buttons; what needs more to be said opens below it.

import { el } from "../el.js";
import { actButton } from "./act_button.js";
import { FORMS } from "./incident_forms.js";
import { isOffered } from "./offers.js";

/** What needs nothing but a press. */
const PRESSES = {
  release_incident: { label: "Release", key: "r", doing: "Releasing …", done: "Released: phones ring now." },
  escalate_incident: { label: "Escalate now", key: "e", doing: "Escalating …", done: "The next level is asked." },
  reopen_incident: {
    label: "Reopen",
    key: "r",
    question: "Ring anew?",
    doing: "Reopening …",
    done: "The incident is open again.",
  },
  lift_legal_hold: {
    label: "Lift the legal hold",
    question: "It may be purged then.",
    doing: "Lifting …",
    done: "The legal hold is lifted.",
  },
};
const ORDER = [
  "release_incident",
  "dispatch_units",
  "escalate_incident",
  "add_note",
  "close_incident",
  "cancel_incident",
  "reopen_incident",
  "merge_incidents",
  "split_incident",
  "place_legal_hold",
  "lift_legal_hold",
];
/** The incident has just changed under the hand of whoever presses: it was meant for the one before. */
const GUARD_MS = 600;

/**
 * `to` holds what forms need: `api`, `clock`, `incidents()`, `living()`. `stay(incident)` keeps the incident on the
 * screen for whoever has begun to act on it.
 */
export function handBar({ hand, to, stay, leave }) {
  const opened = new Map();
  const bar = el("div", { class: "hand-bar", role: "toolbar", "aria-label": "What to do" });
  const room = el("div", { class: "form-room", hidden: true });
  const element = el("section", { class: "hand", "aria-label": "Dispatch" }, bar, room);
  let buttons = {};
  let shown = null;
  let shownAtMs = 0;

  const isSettled = () => shown !== null && Date.now() - shownAtMs >= GUARD_MS;

  /** Another incident gets buttons of its own: what was asked or refused of the one before is not its business. */
  function renew() {
    const hadFocus = element.contains(document.activeElement);
    buttons = Object.fromEntries(ORDER.map((name) => [name, name in FORMS ? formButton(name) : pressButton(name)]));
    bar.replaceChildren(...ORDER.map((name) => buttons[name].element));
    if (hadFocus) leave();
  }

  function pressButton(name) {
    const { label, key, question, doing, done } = PRESSES[name];
    return actButton({ label, key, question, doing, begun: () => stay(shown), act: () => act(name, { done }) });
  }

  async function act(name, { about, done }) {
    if (!isSettled()) return null;
    const incident = shown;
    stay(incident);
    const refused = await hand.act(name, incident, { about, done });
    if (refused && shown?.incident_id !== incident.incident_id) hand.tell(refused);
    return refused;
  }

  function formButton(name) {
    const { key } = FORMS[name];
    const button = el("button", { type: "button", "aria-keyshortcuts": key, on: { click: () => open(name) } });
    return {
      element: button,
      press: () => button.click(),
      focus: () => button.focus(),
      show({ isOffered: isNow }) {
        const isOpen = opened.get(shown.incident_id)?.name === name;
        button.textContent = FORMS[name].label(shown);
        button.setAttribute("aria-expanded", String(isOpen));
        button.hidden = !isNow && !isOpen;
      },
    };
  }

  function open(name) {
    if (!isSettled()) return;
    const id = shown.incident_id;
    if (opened.get(id)?.name !== name) {
      close(id);
      opened.set(id, { name, form: formFor(name, shown) });
    }
    stay(shown);
    draw();
    opened.get(id).form.focus();
  }

  function formFor(name, incident) {
    const id = incident.incident_id;
    return FORMS[name].form({
      ...to,
      incident,
      current: () => (shown?.incident_id === id ? shown : incident),
      act: (about) => hand.act(name, incident, { about, done: FORMS[name].done }),
      close: () => closeAndGoBack(id, name),
    });
  }

  function close(id) {
    opened.get(id)?.form.stop?.();
    opened.delete(id);
  }

  /** To the button that opened it, or to the incident's title when the button is gone. */
  function closeAndGoBack(id, name) {
    const hadFocus = room.contains(document.activeElement);
    close(id);
    draw();
    if (!hadFocus) return;
    if (buttons[name].element.hidden) leave();
    else buttons[name].focus();
  }

  function draw() {
    for (const name of ORDER) buttons[name].show({ isOffered: hand.may(name) && isOffered(name, shown) });
    const form = opened.get(shown.incident_id)?.form ?? null;
    if (room.firstElementChild !== (form?.element ?? null)) room.replaceChildren(...(form ? [form.element] : []));
    room.hidden = form === null;
    element.hidden = form === null && ORDER.every((name) => buttons[name].element.hidden);
  }

  return {
    element,
    act,
    /** The same incident stands on the screen for long enough to be meant. */
    isSettled,
    /** What has this key, and is offered now. */
    pressKey(key) {
      const keyOf = (name) => (FORMS[name] ?? PRESSES[name]).key;
      const name = ORDER.find((each) => keyOf(each) === key && buttons[each]?.element.hidden === false);
      if (name) buttons[name].press();
    },
    show(incident) {
      const isAnother = incident.incident_id !== shown?.incident_id;
      shown = incident;
      if (isAnother) {
        shownAtMs = Date.now();
        renew();
      }
      draw();
    },
  };
}
