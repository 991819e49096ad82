// What comes from the server: over a WebSocket, or by long polling where that does not open. Comes back by itself after a
// pause that grows, and looks again when the device wakes, since a socket can be dead without saying so.
import { pause, Refused, Sleep } from "./api.js";

const OPEN_MS = 8000;
const POLL_SECONDS = 25;
const LOOK_AGAIN_MS = 60e3;
const SOCKET_AGAIN_MS = 5 * 60e3;
const FAILED_OPENINGS = 2;
const GONE = 4404;

export class Connection {
  // on: news({messages, presence}), gone(), trouble(isTrouble); after(): the last number there is
  constructor(api, conversation, on) {
    Object.assign(this, { api, conversation, on });
    this.sleep = new Sleep();
    this.failures = 0;
    this.openings = 0;
    this.pollUntil = 0;
    this.presence = "";
    this.stopped = new AbortController();
    this.wake = () => this.lookAgain();
    this.shown = () => document.visibilityState === "visible" && this.lookAgain();
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.shown);
    this.timer = setInterval(() => this.opened && this.lookAgain(), LOOK_AGAIN_MS);
    this.run();
  }

  stop() {
    this.stopped.abort();
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.shown);
    clearInterval(this.timer);
    this.sleep.wake();
    this.socket?.close();
  }

  get over() {
    return this.stopped.signal.aborted;
  }

  async run() {
    while (!this.over) {
      try {
        const bySocket = "WebSocket" in window && performance.now() >= this.pollUntil;
        await (bySocket ? this.bySocket() : this.poll(this.failures ? 0 : POLL_SECONDS));
        this.healthy();
      } catch (refused) {
        if (this.over) return;
        if (refused.gone) return this.end();
        this.failures += 1;
        this.on.trouble(this.failures > 1 || !navigator.onLine);
        await this.sleep.for(pause(this.failures - 1, refused.retryAfter));
      }
    }
  }

  healthy() {
    this.failures = 0;
    this.on.trouble(false);
  }

  end() {
    this.stop();
    this.on.gone();
  }

  // Until the socket closes; a Refused when it never opened, or closed with a fault.
  bySocket() {
    return new Promise((resolve, reject) => {
      const socket = (this.socket = this.api.socket(this.conversation.id, this.conversation.token, this.on.after()));
      const slow = setTimeout(() => socket.close(), OPEN_MS);
      socket.onopen = () => {
        clearTimeout(slow);
        this.opened = true;
        this.openings = 0;
        this.healthy();
      };
      socket.onmessage = (event) => this.take(JSON.parse(event.data));
      socket.onclose = (event) => {
        clearTimeout(slow);
        const opened = this.opened;
        this.opened = false;
        this.socket = null;
        if (this.over) return resolve();
        if (event.code === GONE) return reject(new Refused(404));
        if (!opened && ++this.openings >= FAILED_OPENINGS) {
          this.pollUntil = performance.now() + SOCKET_AGAIN_MS;
          this.openings = 0;
        }
        return reject(new Refused(0));
      };
    });
  }

  async poll(seconds) {
    const presence = encodeURIComponent(this.presence);
    const path = `/${this.conversation.id}/live?after=${this.on.after()}&wait=${seconds}&presence=${presence}`;
    const milliseconds = (seconds + 15) * 1000;
    const { token } = this.conversation;
    const asked = performance.now();
    const news = await this.api.call("GET", path, { token, signal: this.stopped.signal, milliseconds });
    this.take(news);
    // A server that does not wait must not be asked without end.
    if (seconds && !news.messages.length && performance.now() - asked < 1000) await this.sleep.for(1000);
  }

  take(news) {
    if (this.over) return;
    this.presence = news.presence?.version || this.presence;
    this.on.news(news);
  }

  // Ask once, whatever the socket says; what it should have brought means that it is dead.
  async lookAgain() {
    this.sleep.wake();
    if (!this.opened || this.looking || this.over) return;
    this.looking = true;
    const before = this.on.after();
    try {
      await this.poll(0);
      if (this.on.after() > before) this.socket?.close();
    } catch (refused) {
      if (refused.gone) this.end();
      else if (refused.status === 0) this.socket?.close();
    } finally {
      this.looking = false;
    }
  }
}
