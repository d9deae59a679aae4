// How does a page ask again and again, one question at a time? Not for whether it has to: `watching`.

/**
 * Runs `task` after `firstMs` and then `everyMs()` after each end, until `stop()`. `now()` asks at once, or once more
 * right after the question that is under way. `failed(error)` is told what went wrong; the next round comes.
 */
export function polling(task, { everyMs, failed, firstMs = 0 }) {
  let timer = null;
  let running = false;
  let again = false;
  let stopped = false;

  async function round() {
    running = true;
    clearTimeout(timer);
    let askedToWaitMs = 0;
    try {
      await task();
    } catch (error) {
      failed(error);
      askedToWaitMs = (error.retryAfterS ?? 0) * 1_000;
    }
    running = false;
    if (stopped) return;
    timer = setTimeout(round, again ? 0 : Math.max(everyMs(), askedToWaitMs));
    again = false;
  }

  timer = setTimeout(round, firstMs);
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
