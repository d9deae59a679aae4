// Is this unit on duty? Said by one tap, and remembered as it was said last. Off duty is never rung.

import { remember, remembered } from "../memory.js";
import { sentence, words } from "../words.js";

export function duty(fieldset, { api, note, changed }) {
  const radios = [...fieldset.querySelectorAll("input")];
  let said = remembered("status", null);
  let isSending = false;

  async function choose(status) {
    const before = said;
    isSending = true;
    say(status);
    note.textContent = "Sending …";
    try {
      await api.put("/v1/me/status", { status });
      note.textContent = "";
    } catch (error) {
      say(before);
      note.textContent = `${sentence(words(status))} was not sent. ${error.message}`;
    } finally {
      isSending = false;
    }
  }

  function say(status) {
    show(status);
    changed();
  }

  for (const radio of radios) {
    radio.checked = radio.value === said;
    radio.addEventListener("change", () => choose(radio.value));
  }

  function show(status) {
    said = status;
    remember("status", said);
    for (const radio of radios) radio.checked = radio.value === said;
  }

  return {
    /** What the service has, whoever said it: another phone of the unit, dispatch, the end of an incident. */
    learn(status) {
      if (isSending || status === said) return;
      show(status);
      changed();
    },
    /** Never said counts as on duty: an administrator may have put the unit on duty. */
    get isOnDuty() {
      return said !== "off_duty";
    },
    /** While it is on an incident, its progress says its status. */
    show({ isBusy }) {
      fieldset.disabled = isBusy;
      fieldset.toggleAttribute("data-busy", isBusy);
      fieldset.querySelector("legend").textContent = isBusy ? "Status: on an incident until you are clear" : "Status";
    },
  };
}
