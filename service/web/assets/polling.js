// How does a page stay up to date? It asks again and again, one question at a time. Streams will take its place.

/**
 * Runs `task` now and then `everyMs()` after each end, until `stop()`. `now()` asks at once, or once more right after
 * the question that is under way. `failed(error)` is told what went wrong; the next round comes all the same.
 */
export function polling(task, { everyMs, failed }) {
  let timer = null;
  let running = false;
  let again = false;
  let stopped = false;

  async function round() {
    running = true;
    clearTimeout(timer);
    let waitMs = everyMs();
    try {
      await task();
    } catch (error) {
      failed(error);
      waitMs = Math.max(waitMs, (error.retryAfterS ?? 0) * 1_000);
    }
    running = false;
    if (stopped) return;
    timer = setTimeout(round, again ? 0 : waitMs);
    again = false;
  }

  round();
  return {
    now() {
      if (stopped) return;
      if (running) again = true;
      else round();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
