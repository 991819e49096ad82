// The panel: heading, the talk, what is always at hand. On a phone it is a dialog over the page, elsewhere beside it.
import { Announcer } from "./announcer.js";
import { Composer } from "./composer.js";
import { button, element, link, safeUrl, withIcon } from "./dom.js";
import { Log } from "./log.js";
import { nameOf } from "./message.js";
import { ending, question } from "./screens.js";

export const SIZES = [100, 125, 150, 200];
const TYPING_AFTER_MS = 300;
const LOW_EM = 23; // lower than this, in lines of text more or less, the panel scrolls as one
let panels = 0;

export class Panel {
  // options: {say, base, title, privacy, inline}; on: minimise(), close()
  constructor(session, options, on) {
    Object.assign(this, { session, ...options, on });
    this.size = 0;
    this.heardTo = session.seen;
    this.announcer = new Announcer(this.say);
    this.log = new Log(session, {
      say: this.say,
      base: this.base,
      press: (choice, pressed) => this.press(choice, pressed),
      shown: (fresh) => this.shown(fresh),
      // What scrolls when everything does; whether one is writing at its end.
      whole: () => (this.low ? this.view : null),
      writing: () => this.view.getRootNode().activeElement === this.composer.input,
    });
    this.composer = new Composer(this.say, {
      send: (text) => session.send({ text }),
      typed: () => session.typed(),
      complain: (words) => this.complain(words),
    });
    const title = `sportello-title-${++panels}`;
    this.view = element(this.inline ? "section" : "dialog", { class: "panel", "aria-labelledby": title }, [
      this.head(title),
      this.talk(),
      this.announcer.view,
    ]);
    if (this.inline) {
      this.view.classList.add("inline");
      this.note = this.say("begin");
      // Nothing is asked of the server, or kept, before the chat is used.
      this.view.addEventListener("focusin", () => session.open(), { once: true });
    }
    new ResizeObserver(() => this.measure()).observe(this.view);
    this.view.addEventListener("keydown", (event) => this.key(event));
    this.view.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.escape();
    });
    this.refresh();
  }

  // --- its parts ------------------------------------------------------------------------------------------------------

  head(id) {
    const { say } = this;
    this.owner = element("p", { class: "owner" });
    this.more = withIcon(button("tool", say("options"), () => this.toggleOptions(), { "aria-expanded": "false" }), "options", true);
    const tools = [this.more];
    if (!this.inline) {
      tools.push(withIcon(button("tool", say("minimise"), () => this.on.minimise()), "minimise", true));
      tools.push(withIcon(button("tool", say("close"), () => this.showEnd(true)), "close", true));
    }
    this.options = this.optionList();
    this.options.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.options.contains(event.relatedTarget) && event.relatedTarget !== this.more) this.toggleOptions(false);
    });
    return element("div", { class: "head" }, [
      element("div", { class: "names" }, [element("h2", { id, class: "title", text: this.title }), this.owner]),
      element("div", { class: "tools" }, tools),
      this.options,
    ]);
  }

  optionList() {
    const { say } = this;
    const item = (text, act, properties) => element("li", {}, [button("option", text, act, properties)]);
    const closing = (act) => () => {
      this.toggleOptions(false);
      act();
    };
    this.bigger = button("option", say("bigger"), () => this.resize(1));
    this.smaller = button("option", say("smaller"), () => this.resize(-1));
    return element("ul", { class: "options", hidden: true }, [
      element("li", {}, [this.bigger]),
      element("li", {}, [this.smaller]),
      item(say("download"), closing(() => this.download())),
      item(say("judge"), closing(() => this.showEnd(false))),
      item(say("newChat"), closing(() => this.askNew())),
    ]);
  }

  talk() {
    const { say } = this;
    this.typing = element("p", { class: "typing", hidden: true });
    this.status = element("p", { class: "status", role: "status" });
    this.again = button("again", say("retryNow"), () => this.session.retryNow(), { hidden: true });
    this.renew = button("main wide", say("newChat"), () => this.restart(), { hidden: true });
    const privacy = safeUrl(this.privacy, this.base);
    const foot = element("div", { class: "foot" }, [
      (this.machine = element("span", { class: "machine", text: say("machine") })),
      privacy && link("", say("privacy"), privacy, say),
      button("link", say("erase"), () => this.askErase()),
    ]);
    this.body = element("div", { class: "talk" }, [
      element("div", { class: "scroller" }, [this.log.view, this.log.down]),
      element("div", { class: "below" }, [this.typing, this.status, this.again, this.renew, this.composer.view, foot]),
    ]);
    return this.body;
  }

  // --- what changes ---------------------------------------------------------------------------------------------------

  update(what, detail) {
    if (what === "reset") {
      this.heardTo = this.session.seen;
      this.log.reset();
    }
    if (["messages", "pending", "reset"].includes(what)) this.log.changed();
    this.refresh(detail);
  }

  refresh() {
    const { say, session } = this;
    const { owner, operator } = session.presence;
    const person = owner === "operator";
    this.owner.textContent = person ? (operator ? say("personNamed", { name: operator }) : say("person")) : say("assistant");
    this.owner.classList.toggle("person", person);
    this.machine.hidden = person;
    if (this.person !== undefined && this.person !== this.owner.textContent && this.open) this.announcer.tell(this.owner.textContent);
    this.person = this.owner.textContent;
    this.refreshTyping(person);
    this.refreshStatus();
  }

  refreshTyping(person) {
    const { say, session } = this;
    const writes = person ? session.presence.typing > 0 : session.awaiting && !session.offline && !session.troubled;
    const name = person ? session.presence.operator || say("operator") : "Sportello";
    const words = writes ? say("typing", { name }) : "";
    if (words === this.typingWords) return;
    this.typingWords = words;
    clearTimeout(this.typingTimer);
    const show = () => {
      this.typing.textContent = words;
      this.typing.hidden = !words;
    };
    if (!words) return show();
    this.typingTimer = setTimeout(show, TYPING_AFTER_MS);
    if (person && this.open) this.announcer.tell(words);
  }

  refreshStatus() {
    const { say, session } = this;
    const { ended } = session;
    const cut = session.offline || session.troubled;
    let words = this.note || "";
    if (ended === "erased") words = this.erasedWords();
    else if (ended) words = say("expired");
    else if (session.offline) words = say("offline");
    else if (session.troubled) words = say("trouble");
    else if (session.opening) words = say("opening");
    else if (this.wasCut) this.note = words = say("backOnline");
    this.wasCut = cut;
    if (this.status.textContent !== words) this.status.textContent = words;
    this.status.classList.toggle("error", Boolean(cut || ended === "gone" || this.wrong));
    this.again.hidden = Boolean(ended) || !session.troubled || session.offline;
    this.renew.hidden = !ended;
    this.composer.view.hidden = Boolean(ended);
  }

  erasedWords() {
    const { number, held } = this.session.erased;
    return number ? this.say(held ? "held" : "erasedWith", { number }) : this.say("erased");
  }

  inform(words, wrong = false) {
    this.note = words;
    this.wrong = wrong;
    this.refreshStatus();
  }

  complain(words) {
    this.inform(words, Boolean(words));
  }

  // --- being open -----------------------------------------------------------------------------------------------------

  get open() {
    return this.inline || this.view.open;
  }

  // A message is announced once, and read once it can be seen.
  shown(fresh) {
    if (!this.open) return;
    const { say, session } = this;
    for (const message of fresh) {
      if (message.seq <= this.heardTo || message.sender === "citizen") continue;
      const choices = message.buttons.length ? ` ${say("choices", { n: message.buttons.length })}.` : "";
      this.announcer.tell(`${nameOf(message, say)}: ${message.text}${choices}`);
    }
    this.heard();
    if (this.note && fresh.length) this.inform("");
    if (document.visibilityState === "visible") session.markSeen();
  }

  heard() {
    this.heardTo = Math.max(this.heardTo, this.session.last);
  }

  // After it was hidden: what came meanwhile.
  caughtUp() {
    const { messages } = this.session;
    const from = messages.findIndex((message) => message.seq > this.heardTo);
    this.shown(from < 0 ? [] : messages.slice(from));
    this.log.toEnd();
  }

  // --- what the citizen does ------------------------------------------------------------------------------------------

  press(choice, pressed) {
    if (pressed.getAttribute("aria-disabled") === "true") {
      this.announcer.tell(this.say("chosen"));
      return;
    }
    if (this.pressed === pressed && performance.now() - this.pressedAt < 400) return; // a double click
    this.pressed = pressed;
    this.pressedAt = performance.now();
    this.session.send({ payload: choice.payload }, choice.title);
  }

  key(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    this.escape();
  }

  escape() {
    if (!this.options.hidden) {
      this.toggleOptions(false);
      this.more.focus();
    } else if (this.screen) {
      this.back();
    } else if (!this.inline) {
      this.on.minimise();
    }
  }

  toggleOptions(show = this.options.hidden) {
    this.options.hidden = !show;
    this.more.setAttribute("aria-expanded", String(show));
    if (show) this.refreshSize();
  }

  resize(step) {
    const next = this.size + step;
    if (next < 0 || next >= SIZES.length) return;
    this.size = next;
    this.view.style.setProperty("--scale", String(SIZES[this.size] / 100));
    this.measure();
    this.refreshSize();
    this.announcer.tell(this.say("size", { n: SIZES[this.size] }));
  }

  measure() {
    const { clientHeight } = this.view;
    if (!clientHeight) return;
    this.low = !this.inline && clientHeight < LOW_EM * parseFloat(getComputedStyle(this.view).fontSize);
    this.view.classList.toggle("low", this.low);
  }

  refreshSize() {
    this.smaller.setAttribute("aria-disabled", String(this.size === 0));
    this.bigger.setAttribute("aria-disabled", String(this.size === SIZES.length - 1));
  }

  async download() {
    try {
      const url = URL.createObjectURL(await this.session.transcript());
      element("a", { href: url, download: "conversazione-sportello.txt" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60e3);
      this.inform(this.say("downloaded"));
    } catch {
      this.inform(this.say("downloadFailed"), true);
    }
  }

  // --- screens --------------------------------------------------------------------------------------------------------

  show(screen) {
    this.screen?.remove();
    this.returnTo = this.view.getRootNode().activeElement;
    this.screen = screen;
    this.body.hidden = true;
    this.body.after(screen);
    screen.querySelector("h3").focus();
  }

  back(focus = true) {
    if (!this.screen) return;
    this.screen.remove();
    this.screen = null;
    this.body.hidden = false;
    if (focus) this.focus(this.returnTo);
  }

  focus(preferred) {
    const there = preferred?.isConnected && preferred.checkVisibility?.() ? preferred : null;
    (there || (this.composer.view.hidden ? this.renew : this.composer.input)).focus();
  }

  showEnd(closes) {
    if (closes && !this.session.messages.some((message) => message.sender === "citizen")) {
      this.finish();
      return;
    }
    this.show(ending(this.say, {
      judge: (rating, comment) => this.session.judge(rating, comment),
      download: () => this.download(),
      end: () => this.finish(),
      back: () => this.back(),
    }, { ending: closes }));
  }

  finish() {
    this.back(false);
    this.session.leave();
    this.on.close();
  }

  askNew() {
    const { say } = this;
    const texts = { title: say("newChatAsk"), note: say("newChatNote"), yes: say("newChatYes"), failed: say("trouble") };
    this.show(question(say, texts, { yes: () => this.restart(), back: () => this.back() }));
  }

  restart() {
    this.back(false);
    this.inform("");
    const started = this.session.restart();
    this.refresh();
    this.focus();
    return started;
  }

  askErase() {
    const { say } = this;
    const texts = { title: say("eraseAsk"), note: say("eraseNote"), yes: say("eraseYes"), failed: say("eraseFailed") };
    const yes = async () => {
      await this.session.erase();
      this.back(false);
      this.focus();
    };
    this.show(question(say, texts, { yes, back: () => this.back() }));
  }
}
