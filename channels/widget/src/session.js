// One conversation of this page, however many widgets show it: what was said, what waits to be sent, whose turn it is.
// What was said is kept in memory only.
import { Api, newId, pause, Refused, Sleep } from "./api.js";
import { Connection } from "./connection.js";
import { Store } from "./store.js";

const QUIET_MS = 20e3; // without answer for so long after sending, look again
const TYPING_EVERY_MS = 4000;

export class Session {
  constructor(base) {
    this.api = new Api(base);
    this.store = new Store(base);
    this.views = new Set();
    this.sleep = new Sleep();
    this.forget();
    addEventListener("online", () => this.retryNow());
    addEventListener("offline", () => this.tell("trouble"));
    this.leaving = (event) => event.preventDefault();
  }

  forget() {
    this.connection?.stop();
    this.connection = null;
    this.conversation = null;
    this.messages = [];
    this.pending = [];
    this.presence = { owner: "bot" };
    this.awaiting = false;
    this.troubled = false;
    this.ended = "";
    this.seen = 0;
    this.unread = 0;
  }

  get last() {
    return this.messages.length ? this.messages[this.messages.length - 1].seq : 0;
  }

  get offline() {
    return !navigator.onLine;
  }

  // --- views: the first brings the session to life, the last puts it to sleep -----------------------------------------

  attach(view, hours) {
    this.hours = this.hours ? Math.min(this.hours, hours) : hours;
    this.views.add(view);
    if (this.views.size > 1) return;
    this.unwatch = this.store.watch(() => this.changedElsewhere());
    this.resume();
  }

  detach(view) {
    this.views.delete(view);
    if (this.views.size) return;
    this.unwatch();
    this.connection?.stop();
    this.connection = null;
  }

  tell(what, detail) {
    // Leaving the page would lose what was not sent. Listened to only then: it keeps pages from being kept for "back".
    const unsent = this.pending.some((one) => one.state !== "sent");
    (unsent ? addEventListener : removeEventListener)("beforeunload", this.leaving);
    for (const view of this.views) view.update(what, detail);
  }

  // --- which conversation ---------------------------------------------------------------------------------------------

  // Goes on with the one kept on the device, if there is one.
  resume() {
    const kept = this.store.read(this.hours);
    if (!kept) {
      if (this.conversation) this.gone();
      return false;
    }
    if (this.conversation?.id !== kept.id) {
      const unsent = this.pending;
      this.forget();
      this.pending = unsent;
      this.conversation = { id: kept.id, token: kept.token };
      this.seen = kept.seen;
      this.tell("reset");
    }
    this.seen = Math.max(this.seen, kept.seen);
    this.connect();
    this.drain();
    return true;
  }

  changedElsewhere() {
    const kept = this.store.read();
    if (kept && kept.id === this.conversation?.id) {
      this.seen = Math.max(this.seen, kept.seen);
      this.count();
    } else if (kept) {
      if (!this.opening) this.resume();
    } else if (this.conversation && !this.store.blocked) {
      this.gone();
    }
  }

  connect() {
    if (this.connection || !this.conversation || !this.views.size) return;
    this.connection = new Connection(this.api, this.conversation, {
      after: () => this.last,
      news: (news) => this.take(news),
      gone: () => this.gone(),
      trouble: (troubled) => {
        if (troubled === this.troubled) return;
        this.troubled = troubled;
        this.tell("trouble");
      },
    });
  }

  // Opens a conversation unless there is one. One tab at a time, so that two do not open one each.
  open() {
    if (this.conversation || this.ended) return Promise.resolve();
    this.opening ??= this.openOnce().finally(() => {
      this.opening = null;
      this.tell("opening");
    });
    this.tell("opening");
    return this.opening;
  }

  async openOnce() {
    for (let attempt = 0; this.views.size; attempt++) {
      try {
        await (navigator.locks ? navigator.locks.request(this.store.key, () => this.begin()) : this.begin());
        return;
      } catch (refused) {
        this.troubled = true;
        this.tell("trouble");
        await this.sleep.for(pause(attempt, refused.retryAfter));
      }
    }
  }

  async begin() {
    if (this.resume()) return;
    const opened = await this.api.call("POST", "");
    this.conversation = { id: opened.conversation_id, token: opened.token };
    this.troubled = false;
    this.keep();
    this.take({ messages: opened.messages });
    this.connect();
    this.drain();
  }

  keep() {
    if (this.conversation) this.store.write({ ...this.conversation, seen: this.seen });
  }

  // Expired, erased, or closed in another tab. What was not sent stays, to be sent in a new conversation.
  gone() {
    const unsent = this.pending.filter((one) => one.state !== "sent" && one.body.text);
    const id = this.conversation?.id;
    this.forget();
    this.store.clear(id);
    this.pending = unsent.map((one) => ({ ...one, state: "failed", error: "" }));
    this.ended = "gone";
    this.tell("reset");
  }

  // The citizen leaves it: nothing of it stays on the device.
  leave(ended = "") {
    const id = this.conversation?.id;
    this.forget();
    this.store.clear(id);
    this.ended = ended;
    this.tell("reset");
  }

  async restart() {
    const unsent = this.ended ? this.pending : [];
    this.leave();
    this.pending = unsent.map((one) => ({ ...one, state: "waiting" }));
    await this.open();
  }

  // --- what comes -----------------------------------------------------------------------------------------------------

  take({ messages, presence }) {
    let added = 0;
    for (const message of messages) {
      if (message.seq <= this.last) continue;
      this.messages.push(message);
      added += 1;
      if (message.sender === "citizen") this.arrived(message);
      else this.awaiting = this.awaiting && message.kind === "notice";
    }
    if (presence) this.setPresence(presence);
    if (added) {
      clearTimeout(this.quiet);
      this.count();
      this.tell("messages");
    }
  }

  arrived(message) {
    this.pending = this.pending.filter((one) => one.body.client_message_id !== message.client_message_id);
    this.awaiting = true;
  }

  setPresence(presence) {
    clearTimeout(this.typingEnds);
    this.presence = presence;
    if (presence.typing > 0) {
      this.typingEnds = setTimeout(() => this.setPresence({ ...presence, typing: 0 }), presence.typing * 1000);
    }
    this.tell("presence");
  }

  count() {
    let unread = 0;
    for (let at = this.messages.length - 1; at >= 0 && this.messages[at].seq > this.seen; at--) {
      if (this.messages[at].sender !== "citizen") unread += 1;
    }
    this.unread = unread;
    this.tell("unread");
  }

  markSeen() {
    if (this.seen >= this.last) return;
    this.seen = this.last;
    this.keep();
    this.count();
  }

  // --- what goes ------------------------------------------------------------------------------------------------------

  // content: {text} or {payload}; title: what was pressed
  send(content, title = "") {
    const body = { client_message_id: newId(), ...content };
    this.pending.push({ body, title, state: "waiting", error: "" });
    this.tell("pending");
    if (!this.conversation) this.open();
    this.drain();
  }

  retry(id) {
    const one = this.pending.find((pending) => pending.body.client_message_id === id);
    if (one) Object.assign(one, { state: "waiting", error: "" });
    this.tell("pending");
    this.drain();
  }

  discard(id) {
    this.pending = this.pending.filter((one) => one.body.client_message_id !== id);
    this.tell("pending");
  }

  retryNow() {
    this.sleep.wake();
    this.connection?.lookAgain();
    this.tell("trouble");
  }

  // One at a time, in order. The same again has the same client_message_id: it is stored once.
  async drain() {
    if (this.draining || !this.conversation || !this.views.size) return;
    this.draining = true;
    for (let attempt = 0; ; ) {
      const next = this.pending.find((one) => one.state === "waiting");
      const conversation = this.conversation;
      if (!next || !conversation || !this.views.size) break;
      try {
        next.state = "sending";
        this.tell("pending");
        await this.api.call("POST", `/${conversation.id}/messages`, { token: conversation.token, body: next.body });
        next.state = "sent";
        attempt = 0;
        this.expectAnswer();
      } catch (refused) {
        if (conversation !== this.conversation) break;
        if (refused.gone) {
          next.state = "waiting";
          this.gone();
          break;
        }
        next.state = refused.passing ? "waiting" : "failed";
        next.error = refused.passing ? "" : refused.message;
        this.tell("pending");
        if (refused.passing) await this.sleep.for(pause(attempt++, refused.retryAfter));
      }
    }
    this.draining = false;
    this.tell("pending");
    if (this.conversation && this.views.size && this.pending.some((one) => one.state === "waiting")) this.drain();
  }

  expectAnswer() {
    this.keep();
    this.awaiting = true;
    this.tell("presence");
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.connection?.lookAgain(), QUIET_MS);
  }

  // --- around the conversation ----------------------------------------------------------------------------------------

  ask(method, what, options = {}) {
    if (!this.conversation) return Promise.reject(new Refused(404));
    const { id, token } = this.conversation;
    return this.api.call(method, `/${id}/${what}`, { token, ...options });
  }

  judge(rating, comment) {
    return this.ask("POST", "feedback", { body: { rating, comment } });
  }

  transcript() {
    return this.ask("GET", "transcript", { as: "blob" });
  }

  // Resolves with {number, held}: the number of the receipt, and whether it must be kept for now.
  async erase() {
    const done = this.conversation && (await this.ask("POST", "erase").catch((refused) => {
      if (!refused.gone) throw refused;
    }));
    this.erased = done || {};
    this.leave("erased");
  }

  // Only a person who follows the conversation sees it.
  typed() {
    if (this.presence.owner !== "operator" || Date.now() - (this.typedAt || 0) < TYPING_EVERY_MS) return;
    this.typedAt = Date.now();
    this.ask("POST", "typing").catch(() => {});
  }
}

const sessions = new Map();

export function sessionAt(base) {
  if (!sessions.has(base)) sessions.set(base, new Session(base));
  return sessions.get(base);
}
