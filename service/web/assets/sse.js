// What does a stream of server-sent events say? Pieces of text in, messages out. Not for opening one: `stream`.

const LINE = /\r\n|\n|\r/;
const FIELD = /^([^:]*):? ?(.*)$/s;

/**
 * `read(text)` takes the next piece, wherever it was cut, and gives the messages that it completes: {event, data, id}.
 * `id` is the last one that was said, null before. Comments are passed over. Source: HTML Living Standard, 9.2.6.
 */
export function messages() {
  let rest = "";
  let id = null;
  let retryMs = null;
  let message = empty();

  function take(line, found) {
    if (line === "") {
      if (message.data.length) found.push({ event: message.event, data: message.data.join("\n"), id });
      message = empty();
      return;
    }
    const [, field, value] = FIELD.exec(line);
    if (field === "event") message.event = value;
    if (field === "data") message.data.push(value);
    if (field === "id") id = value;
    if (field === "retry" && /^\d+$/.test(value)) retryMs = Number(value);
  }

  return {
    /** How long to wait before coming back, as the service said last; null when it never did. */
    get retryMs() {
      return retryMs;
    },
    read(text) {
      const found = [];
      const all = rest + text;
      // The other half of a line's end may still be on its way.
      const isCut = all.endsWith("\r");
      const lines = (isCut ? all.slice(0, -1) : all).split(LINE);
      rest = lines.pop() + (isCut ? "\r" : "");
      for (const line of lines) take(line, found);
      return found;
    },
  };
}

function empty() {
  return { event: "message", data: [] };
}
