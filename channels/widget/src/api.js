// Requests to the web chat API, and how long to wait before the next try.
const SECONDS = 1000;
const REQUEST_MS = 20 * SECONDS;
const MOST_WAIT_MS = 30 * SECONDS;

// status 0: no answer at all.
export class Refused extends Error {
  constructor(status, message = "", retryAfter = 0) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  get gone() {
    return this.status === 401 || this.status === 404;
  }

  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export class Api {
  constructor(base) {
    this.base = base;
    this.root = `${base}/webchat/v1/conversations`;
  }

  async call(method, path, { token, body, signal, milliseconds = REQUEST_MS, as = "json" } = {}) {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), milliseconds);
    const stop = () => control.abort();
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    try {
      const headers = {};
      if (token) headers.Authorization = `Bearer ${token}`;
      if (body) headers["Content-Type"] = "application/json";
      const options = { method, headers, body: body && JSON.stringify(body), signal: control.signal };
      const answer = await fetch(this.root + path, {
        ...options, credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer",
      });
      if (!answer.ok) {
        const problem = await answer.json().catch(() => ({}));
        throw new Refused(answer.status, String(problem.message || ""), Number(answer.headers.get("Retry-After")) || 0);
      }
      return answer.status === 204 ? null : await answer[as]();
    } catch (error) {
      throw error instanceof Refused ? error : new Refused(0);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }

  socket(id, token, after) {
    return new WebSocket(`${this.root.replace(/^http/, "ws")}/${id}/live?after=${after}`, ["sportello", token]);
  }
}

// Doubles up to half a minute; up to half of it is chance, so that many clients do not come back together.
export function pause(attempt, retryAfter = 0) {
  const most = Math.min(MOST_WAIT_MS, 500 * 2 ** Math.min(attempt, 10));
  return Math.max(retryAfter * SECONDS, most / 2 + (Math.random() * most) / 2);
}

// A wait that can be cut short.
export class Sleep {
  for(milliseconds) {
    return new Promise((resolve) => {
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(resolve, milliseconds);
    });
  }

  wake() {}
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
