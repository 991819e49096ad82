// The list of messages: in order, grouped by sender, the last few hundred in the page, the rest in memory.
import { button, element, withIcon } from "./dom.js";
import { body, dayOf, hourOf, nameOf, onItsWay } from "./message.js";

const MOST_SHOWN = 300;
const EARLIER_AT_ONCE = 200;
const GROUP_MS = 5 * 60e3;
const NEAR_END = 80;
const FLOOD = 50;

export class Log {
  // context: {say, base, press, shown, whole, writing}
  constructor(session, context) {
    Object.assign(this, { session, context });
    const { say } = context;
    this.list = element("ol", { class: "messages" });
    this.earlier = button("earlier", say("earlier"), () => this.showEarlier(), { hidden: true });
    this.view = element("div", { class: "log", role: "log", "aria-live": "off", "aria-label": say("messages"), tabindex: "0" }, [
      this.earlier, this.list,
    ]);
    this.down = withIcon(button("down", say("newMessages"), () => this.toEnd(), { hidden: true }), "down");
    this.view.addEventListener("scroll", () => this.scrolled(), { passive: true });
    // What is below the list grows and shrinks: who was reading the end goes on reading it.
    new ResizeObserver(() => this.following && this.toEnd()).observe(this.view);
    this.reset();
  }

  reset() {
    this.first = 0;
    this.next = 0;
    this.list.replaceChildren();
    this.waiting = [];
    this.earlier.hidden = true;
    this.down.hidden = true;
    this.changed();
  }

  // Many messages in a row are drawn together; in a flood, less often.
  changed() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const flood = this.session.messages.length - this.next > FLOOD;
      this.draw();
      this.pause = flood ? 300 : 16;
    }, this.pause || 16);
  }

  scrolled() {
    this.following = this.atEnd();
    if (this.following) this.down.hidden = true;
  }

  atEnd() {
    const whole = this.context.whole();
    if (whole) return this.context.writing() || whole.scrollHeight - whole.scrollTop - whole.clientHeight < NEAR_END;
    return this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight < NEAR_END;
  }

  toEnd() {
    const whole = this.context.whole();
    if (whole) {
      this.list.lastElementChild?.scrollIntoView({ block: "nearest" });
      return;
    }
    this.view.scrollTop = this.view.scrollHeight;
    this.down.hidden = true;
  }

  draw() {
    const { messages, pending } = this.session;
    const fresh = messages.slice(this.next);
    const follow = this.atEnd() || !this.list.childElementCount;
    const changedPending = pending.length || this.waiting.length;
    if (!fresh.length && !changedPending) return;
    for (const item of this.waiting) item.remove();
    if (fresh.length > MOST_SHOWN) {
      this.list.replaceChildren();
      this.first = messages.length - MOST_SHOWN;
      this.add(messages.slice(this.first), this.first);
    } else {
      this.add(fresh, this.next);
      this.trim();
    }
    this.next = messages.length;
    this.waiting = pending.map((one) => this.onItsWay(one));
    this.list.append(...this.waiting);
    this.spend();
    this.earlier.hidden = this.first === 0;
    this.scroll(fresh, follow);
    this.context.shown(fresh);
  }

  add(messages, from) {
    let before = from > this.first ? this.session.messages[from - 1] : null;
    for (const message of messages) {
      this.list.append(...this.items(message, before));
      before = message;
    }
  }

  items(message, before) {
    const at = new Date(message.created_at);
    const last = before && new Date(before.created_at);
    const sameDay = last && dayOf(at) === dayOf(last);
    const grouped = sameDay && before.sender === message.sender && before.author === message.author && at - last < GROUP_MS;
    const who = element("p", { class: "who" }, [
      element("span", { class: "name", dir: "auto", text: nameOf(message, this.context.say) }), " ",
      element("time", { datetime: message.created_at, text: hourOf(at) }),
    ]);
    // Who is said of each message to those who hear them, shown once to those who see them.
    if (grouped) who.classList.add("hidden");
    const item = element("li", { class: `message ${message.sender} ${message.kind}${grouped ? " grouped" : ""}` }, [
      who, ...body(message, this.context),
    ]);
    item.dataset.seq = message.seq;
    return sameDay ? [item] : [element("li", { class: "date", text: dayOf(at), lang: "it" }), item];
  }

  onItsWay(one) {
    const id = one.body.client_message_id;
    return onItsWay(one, {
      say: this.context.say,
      retry: () => this.session.retry(id),
      discard: () => this.session.discard(id),
    });
  }

  trim() {
    if (this.list.querySelectorAll(".message").length <= MOST_SHOWN * 2) return;
    const items = [...this.list.querySelectorAll(".message")];
    const kept = items[items.length - MOST_SHOWN];
    while (this.list.firstElementChild !== kept) this.list.firstElementChild.remove();
    this.first = this.session.messages.findIndex((message) => String(message.seq) === kept.dataset.seq);
  }

  showEarlier() {
    const from = Math.max(0, this.first - EARLIER_AT_ONCE);
    const messages = this.session.messages.slice(from, this.first);
    const height = this.view.scrollHeight;
    const items = [];
    let before = null;
    for (const message of messages) {
      items.push(...this.items(message, before));
      before = message;
    }
    this.first = from;
    this.list.prepend(...items);
    this.view.scrollTop += this.view.scrollHeight - height;
    this.earlier.hidden = from === 0;
    items[items.length - 1].tabIndex = -1;
    items[items.length - 1].focus({ preventScroll: true });
    this.spend();
  }

  // Choices that answered a question are over once something was said after them. They keep the focus if they have it.
  spend() {
    const items = [...this.list.querySelectorAll(".message")];
    const last = items.map((item) => item.classList.contains("citizen")).lastIndexOf(true);
    for (const item of items.slice(0, Math.max(0, last))) {
      for (const made of item.querySelectorAll('.choice[data-once="yes"]:not([aria-disabled])')) made.setAttribute("aria-disabled", "true");
    }
  }

  // Follows the talk while its end is in view; a long answer is shown from its beginning.
  scroll(fresh, follow) {
    const said = fresh.filter((message) => message.sender !== "citizen");
    const mine = this.waiting.some((item) => item.matches(".waiting, .sending")) || fresh.some((m) => m.sender === "citizen");
    if (!follow && !mine) {
      this.down.hidden = !said.length && this.down.hidden;
      return;
    }
    const item = said.length && fresh.length < 5 && this.list.querySelector(`[data-seq="${said[0].seq}"]`);
    this.toEnd();
    this.following = true;
    if (item && this.context.whole()) item.scrollIntoView({ block: "start" });
    if (!item || item.offsetTop >= this.view.scrollTop) return;
    this.view.scrollTop = item.offsetTop - 12;
    this.following = false;
  }
}
