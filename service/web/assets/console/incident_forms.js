// Which acts need more than a press, and what do they ask for? One form each; how a form behaves: `act_form`.

import { place } from "../words.js";
import { closureForm } from "./closure_form.js";
import { mergeForm } from "./merge_form.js";
import { noteForm } from "./note_form.js";
import { isWaiting } from "./offers.js";
import { reasonForm } from "./reason_form.js";
import { splitForm } from "./split_form.js";
import { unitPicker } from "./unit_picker.js";

const WHY_CANCEL = ["Fireworks seen", "Officer on scene: nothing", "Training at the range", "Heard twice", "Test"];
const WHY_HOLD = ["Court order", "Internal investigation", "Public records request", "Use of force review"];

/** By the name of the act: what its button says, its key, what is said when it is done, and its form. */
export const FORMS = {
  dispatch_units: {
    label: () => "Send another unit",
    key: "d",
    done: "The units are asked.",
    form: (to) => unitPicker(to),
  },
  add_note: {
    label: () => "Note",
    key: "n",
    done: "The note is in the timeline.",
    form: (to) => noteForm(to),
  },
  close_incident: {
    label: ({ state }) => (state === "closed" ? "Correct the disposition" : "Close"),
    key: "l",
    done: "The incident is closed.",
    form: (to) => closureForm(to),
  },
  cancel_incident: {
    label: (incident) => (isWaiting(incident) ? "Dismiss" : "Cancel"),
    key: "x",
    done: "The incident is cancelled.",
    form: (to) =>
      reasonForm({
        ...to,
        title: `Nobody need go to ${place(to.incident)}: why?`,
        hint: "Phones that were asked show it.",
        usual: WHY_CANCEL,
        label: isWaiting(to.incident) ? "Dismiss the incident" : "Cancel the incident",
        doing: "Cancelling …",
        isGrave: true,
      }),
  },
  merge_incidents: {
    label: () => "Merge into …",
    key: "g",
    done: "The incident is merged.",
    form: (to) => mergeForm(to),
  },
  split_incident: {
    label: () => "Split …",
    key: "p",
    done: "The incident is split.",
    form: (to) => splitForm(to),
  },
  place_legal_hold: {
    label: () => "Legal hold …",
    key: null,
    done: "Nothing of this incident is purged until the hold is lifted.",
    form: (to) =>
      reasonForm({
        ...to,
        title: "Legal hold: why must it be kept?",
        hint: "Nothing of the incident is purged until a supervisor or an administrator lifts the hold.",
        usual: WHY_HOLD,
        label: "Place the hold",
        doing: "Placing the hold …",
        isGrave: false,
      }),
  },
};
