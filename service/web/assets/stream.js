// How does a page hear of a change the moment it happens? By one answer that never ends, asked for again when it does.
//
// Not by EventSource: that cannot say who asks (a phone has a token), tells nobody why it was refused, and does not
// notice a connection that died without a word.

import { Problem } from "./api.js";
import { messages } from "./sse.js";

/** The service gives a sign of life every 10 s, were it that nothing happens. */
const SILENT_MS = 25_000;
const OPENS_WITHIN_MS = 8_000;
const AGAIN_MS = 1_000;
const AGAIN_AT_MOST_MS = 30_000;

/**
 * Listens to `path` until `stop()`, as the device whose token `token()` gives, else with the session cookie. Whoever
 * comes back is told what was missed: the service knows by the id of the last message.
 *
 * `heard(event, data)` gets every message; `changed()` is told whenever `isLive` has changed; `refused(problem)` that
 * we are let in no more, and then nothing else is tried.
 */
export function stream(path, { token = () => null, heard, changed, refused }) {
  let isLive = false;
  let isStopped = false;
  let lastId = null;
  let failures = 0;
  let cut = null;

  async function listen() {
    while (!isStopped) {
      const said = messages();
      let error = null;
      try {
        await hearAll(said);
      } catch (caught) {
        error = caught;
        failures += 1;
        become(false);
        // A place that the service does not know any more: begin anew rather than never.
        if (error.status === 422) lastId = null;
        if (shutsOut(error)) giveUp(error);
        else if (isOurs(error)) reportError(error);
      }
      if (!isStopped) await pause(waitMs(failures, said.retryMs, error));
    }
  }

  /** Until it ends as it should: with an announcement, so that nobody need be told of it. Raises otherwise. */
  async function hearAll(said) {
    cut = new AbortController();
    const patience = deadline(cut, OPENS_WITHIN_MS);
    let isAnnounced = false;
    try {
      const text = await opened(path, { token: token(), lastId, signal: cut.signal });
      for (let piece = await text.read(); !piece.done; piece = await text.read()) {
        patience.restart(SILENT_MS);
        failures = 0;
        become(true);
        for (const message of said.read(piece.value)) {
          tell(message);
          isAnnounced = message.event === "reconnect";
        }
      }
    } finally {
      patience.stop();
    }
    if (!isAnnounced) throw new TypeError("The stream broke off.");
  }

  function tell({ event, data, id }) {
    if (id !== null) lastId = id;
    heard(event, JSON.parse(data));
  }

  function become(live) {
    if (isLive === live || isStopped) return;
    isLive = live;
    changed();
  }

  function giveUp(error) {
    isStopped = true;
    refused(error);
  }

  // The browser knows before the silence tells.
  const dropped = () => cut?.abort();
  addEventListener("offline", dropped);
  listen();
  return {
    get isLive() {
      return isLive && !isStopped;
    },
    stop() {
      isStopped = true;
      removeEventListener("offline", dropped);
      cut?.abort();
    },
  };
}

async function opened(path, { token, lastId, signal }) {
  const headers = { Accept: "text/event-stream" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (lastId) headers["Last-Event-ID"] = lastId;
  const response = await fetch(path, {
    headers,
    credentials: token ? "omit" : "same-origin",
    cache: "no-store",
    signal,
  });
  if (response.ok) return response.body.pipeThrough(new TextDecoderStream()).getReader();
  const said = await response.json().catch(() => ({}));
  throw new Problem(response.status, said, Number(response.headers.get("retry-after")) || null);
}

/** Cuts off what takes longer than it may. */
function deadline(controller, firstMs) {
  let timer = null;
  const stop = () => clearTimeout(timer);
  function restart(ms) {
    stop();
    timer = setTimeout(() => controller.abort(), ms);
  }
  restart(firstMs);
  return { restart, stop };
}

function waitMs(failures, retryMs, error) {
  if (!failures) return retryMs ?? AGAIN_MS;
  const longestMs = Math.min(AGAIN_AT_MOST_MS, AGAIN_MS * 2 ** failures);
  // Those who were cut off together must not come back together.
  return Math.max(longestMs * (0.5 + Math.random() / 2), (error?.retryAfterS ?? 0) * 1_000);
}

/** Shorter when the network comes back meanwhile. */
function pause(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
    function end() {
      clearTimeout(timer);
      removeEventListener("online", end);
      resolve();
    }
  });
}

function shutsOut(error) {
  return error instanceof Problem && error.status === 401;
}

/** A mistake of this page is no bad network: it belongs into the browser's console. */
function isOurs(error) {
  return !(error instanceof Problem || error instanceof TypeError || error.name === "AbortError");
}
