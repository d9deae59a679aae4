// How does a call for help get out? Sent until it got through, whatever the network does, after a reload too.

import { remember, remembered } from "../memory.js";

const AGAIN_MS = 2_000;
/** How often to ask who is coming; nothing on this phone rings meanwhile, so that it gives nobody away. */
const LOOKS_EVERY_MS = 4_000;
/** A call that did not get out for so long is no call any more: the officer has used the radio. */
const KEPT_MS = 30 * 60_000;
const VIBRATION_MS = 60;

/**
 * `spot()` is where the phone is, null when it does not know well enough; `spotSoon()` resolves to a better one. The
 * state is {at, tries, reachedAt, emergency}, null while nobody calls: `reachedAt` is when the service took it,
 * `emergency` what it says of it since.
 */
export function helpCall({ api, spot, spotSoon, changed }) {
  let state = null;
  let looking = null;

  function become(next) {
    state = next;
    remember("help", state && { at: state.at, reachedAt: state.reachedAt });
    changed();
  }

  /** `alert` is the one whose welfare question was answered with a call for help. */
  async function call(alert = null) {
    navigator.vibrate?.(VIBRATION_MS);
    const at = new Date().toISOString();
    become({ at, tries: 0, reachedAt: null, emergency: state?.emergency ?? null });
    await send(at, alert);
    const better = await spotSoon();
    if (better && state?.at === at) await post(at, better).catch(() => {});
  }

  async function send(at, alert) {
    while (state?.at === at && !state.reachedAt) {
      try {
        await (alert ? answer(alert, at) : post(at, spot()));
        if (state?.at === at) become({ ...state, reachedAt: new Date().toISOString() });
      } catch (error) {
        // Nothing is wrong with a call for help: without the question it is taken.
        if (!error.passes) alert = null;
        if (state?.at === at) become({ ...state, tries: state.tries + 1 });
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    look();
  }

  const post = (at, location) => api.post("/v1/me/emergency", { at, location });
  const answer = (alert, at) =>
    api.post(`/v1/me/alerts/${alert.alert_id}/welfare`, { answer: "help", at, location: spot() });

  /** Who is coming, until it is over. */
  async function look() {
    clearTimeout(looking);
    looking = null;
    if (!state?.reachedAt) return;
    const askedAtMs = Date.now();
    try {
      learn(await api.get("/v1/me"), askedAtMs);
    } catch {
      // What was known stays on the screen; the page says by itself that there is no connection.
    }
    if (state && !looking) looking = setTimeout(look, LOOKS_EVERY_MS);
  }

  /** What the service said of this unit when it was asked. Also of a call that another phone of it has made. */
  function learn({ emergency }, askedAtMs) {
    if (!emergency) {
      if (state?.reachedAt && Date.parse(state.reachedAt) < askedAtMs) become(null);
      return;
    }
    const { at = emergency.called_at, tries = 0, reachedAt = emergency.called_at } = state ?? {};
    become({ at, tries, reachedAt, emergency });
    looking ??= setTimeout(look, LOOKS_EVERY_MS);
  }

  return {
    get state() {
      return state;
    },
    call,
    learn,
    /** Goes on with a call that had not got through when the page was closed. */
    resume() {
      const before = remembered("help", null);
      if (!before || Date.now() - Date.parse(before.at) > KEPT_MS) return;
      become({ at: before.at, tries: 0, reachedAt: before.reachedAt, emergency: null });
      send(before.at, null);
    },
    forget() {
      clearTimeout(looking);
      looking = null;
      become(null);
    },
  };
}
