// How does a page call the API? A path and a body in; JSON, a Problem or Unreachable out. Not for when: `polling`.

const TIMEOUT_MS = 8_000;
const REFUSED = "The service refused this.";

/** A refusal with its stable `code`; `message` is for the person. */
export class Problem extends Error {
  constructor(status, { code = "unknown", detail = REFUSED, errors = [] } = {}, retryAfterS = null) {
    super([detail, ...errors.map(({ field, reason }) => `${field}: ${reason}.`)].join(" "));
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }

  /** The same call may succeed later. */
  get passes() {
    return this.status >= 500 || this.status === 429;
  }
}

/** No answer at all: the network or the service is away. Everything may be sent twice, so trying again is safe. */
export class Unreachable extends Error {
  get passes() {
    return true;
  }
}

/**
 * Calls with the session cookie, or as the device whose token `token()` gives. An answer without a body gives null. Of
 * a query a value that is null is left out, and a list is said value by value.
 */
export function apiClient({ clock, token = () => null }) {
  async function call(method, path, body) {
    const askedAtMs = Date.now();
    const response = await answered(method, path, body, token());
    clock.learn(response.headers.get("date"), askedAtMs);
    if (response.status === 204) return null;
    const said = await response.json().catch(() => ({}));
    if (response.ok) return said;
    throw new Problem(response.status, said, Number(response.headers.get("retry-after")) || null);
  }
  return {
    get: (path, query = {}) => call("GET", withQuery(path, query)),
    post: (path, body) => call("POST", path, body),
    put: (path, body) => call("PUT", path, body),
    delete: (path) => call("DELETE", path),
  };
}

function withQuery(path, query) {
  const known = Object.entries(query).filter(([, value]) => value !== null);
  const said = known.flatMap(([name, value]) => [value].flat().map((each) => [name, each]));
  return said.length ? `${path}?${new URLSearchParams(said)}` : path;
}

async function answered(method, path, body, token) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: token ? "omit" : "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new Unreachable("The service cannot be reached.", { cause: error });
  }
}
