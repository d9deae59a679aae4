// How does a page stay up to date? By its stream while that lives, else by asking again and again; it knows which.

import { polling } from "./polling.js";
import { stream } from "./stream.js";

/** While the stream lives nothing need be asked; this is for what nobody thought of. */
const LIVE_EVERY_MS = 300_000;
/** The stream begins with a word that leads to the first look; it is not waited for longer than this. */
const BEGINS_WITHIN_MS = 1_000;
/** The service says so in words of its own: what was told before may not be all. */
const READ_AGAIN_AFTER = new Set(["hello", "reset"]);

/**
 * `look()` reads everything there is to show; `heard(event, data)` takes one change. `everyMs()` is how often to look
 * while there is no stream, `failed(error)` is told when a look fails, `changed()` when `isLive` has changed.
 */
export function watching(path, { token, look, heard, everyMs, failed, changed }) {
  let isBehind = true;
  const line = stream(path, { token, heard: tell, changed: turned, refused: failed });
  const loop = polling(lookAgain, {
    everyMs: () => (line.isLive && !isBehind ? LIVE_EVERY_MS : everyMs()),
    failed,
    firstMs: BEGINS_WITHIN_MS,
  });

  async function lookAgain() {
    isBehind = true;
    await look();
    isBehind = false;
  }

  function tell(event, data) {
    heard(event, data);
    if (READ_AGAIN_AFTER.has(event)) loop.now();
  }

  function turned() {
    changed();
    if (!line.isLive) loop.now();
  }

  return {
    get isLive() {
      return line.isLive;
    },
    now: loop.now,
    stop() {
      line.stop();
      loop.stop();
    },
  };
}
