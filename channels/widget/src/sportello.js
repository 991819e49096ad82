// <sportello-chat>: the launcher and the panel of one widget. One script tag is enough: see docs/widget.md.
import { palette, parseColour } from "./colour.js";
import { Announcer } from "./announcer.js";
import { button, element, icon } from "./dom.js";
import { Panel } from "./panel.js";
import { sessionAt } from "./session.js";
import { speaker } from "./words.js";

const SCRIPT = document.currentScript;
const HOME = SCRIPT?.src ? new URL(SCRIPT.src).origin : location.origin;
const NAME = "sportello-chat";
const ATTRIBUTES = ["title", "colour", "position", "lang", "theme", "privacy", "api", "expires", "open"];
const BLUE = "#0066cc";
const EXPIRES_HOURS = 24;
const dark = matchMedia("(prefers-color-scheme: dark)");
// Where there is little room the panel takes the whole of it, and nothing beside it can be reached.
const small = matchMedia("(max-width: 40rem), (max-height: 30rem)");

let sheet = null;
function dress(root) {
  try {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.prepend(element("link", { rel: "stylesheet", href: `${HOME}/widget/sportello.css` }));
  }
}

class SportelloChat extends HTMLElement {
  static observedAttributes = ATTRIBUTES.map((name) => `data-${name}`);

  constructor() {
    super();
    this.root = this.attachShadow({ mode: "open" });
    dress(this.root);
    this.paint = () => this.colour();
    this.fit = () => this.panel?.view.open && this.place();
    this.visible = () => document.visibilityState === "visible" && this.panel.open && this.panel.caughtUp();
    this.covered = (event) => this.uncover(event);
  }

  connectedCallback() {
    this.build();
    dark.addEventListener("change", this.paint);
    small.addEventListener("change", this.fit);
    document.addEventListener("visibilitychange", this.visible);
    document.addEventListener("focusin", this.covered);
    this.session.attach(this, Number(this.dataset.expires) || EXPIRES_HOURS);
    if (this.dataset.open === "yes" && !this.inline) this.show({ focus: false });
  }

  disconnectedCallback() {
    dark.removeEventListener("change", this.paint);
    small.removeEventListener("change", this.fit);
    document.removeEventListener("visibilitychange", this.visible);
    document.removeEventListener("focusin", this.covered);
    this.session.detach(this);
    if (this.padded) document.documentElement.style.removeProperty("scroll-padding-bottom");
  }

  attributeChangedCallback(name, before, after) {
    if (!this.panel || !this.isConnected || before === after) return;
    if (["data-colour", "data-theme"].includes(name)) {
      this.colour();
      return;
    }
    const open = !this.inline && this.panel.view.open;
    this.disconnectedCallback();
    this.connectedCallback();
    if (open) this.show({ focus: false });
  }

  get inline() {
    return this.dataset.position === "inline";
  }

  build() {
    const api = (this.dataset.api || HOME).replace(/\/+$/, "");
    const say = speaker(this.dataset.lang);
    const title = this.dataset.title || "Sportello";
    this.say = say;
    this.session = sessionAt(api);
    this.panel = new Panel(this.session, { say, base: api, title, privacy: this.dataset.privacy || "/privacy", inline: this.inline }, {
      minimise: () => this.hide(),
      close: () => this.hide(true),
    });
    this.badge = element("span", { class: "badge", hidden: true });
    this.unreadWords = element("span", { class: "hidden" });
    this.launcher = button("launcher", "", () => this.show(), { "aria-expanded": "false", "aria-haspopup": "dialog" });
    this.launcher.append(icon("chat"), element("span", { class: "label", text: say("chatWith", { title }) }), this.badge, this.unreadWords);
    this.announcer = new Announcer(say);
    this.box = element("div", { class: `root ${this.dataset.position === "left" ? "left" : "right"}`, lang: (this.dataset.lang || "it").slice(0, 2) });
    this.box.append(...(this.inline ? [] : [this.launcher, this.announcer.view]), this.panel.view);
    this.root.querySelector(".root")?.remove();
    this.root.append(this.box);
    this.colour();
    // The launcher must not hide what has the focus at the end of the page.
    const page = document.documentElement.style;
    this.padded = !this.inline && !page.scrollPaddingBottom;
    if (this.padded) page.scrollPaddingBottom = "5.5rem";
  }

  colour() {
    const theme = this.dataset.theme;
    const isDark = theme === "dark" || (theme !== "light" && dark.matches);
    this.box.classList.toggle("dark", isDark);
    const colour = parseColour(this.dataset.colour) || parseColour(BLUE);
    for (const [name, value] of Object.entries(palette(colour, isDark))) this.box.style.setProperty(name, value);
  }

  // Called by the session.
  update(what, detail) {
    this.panel.update(what, detail);
    if (what !== "unread" || this.inline) return;
    const { unread } = this.session;
    const told = unread && !this.panel.open ? this.say("unread", { n: unread }) : "";
    this.badge.hidden = !told;
    this.badge.textContent = unread > 99 ? "99+" : String(unread);
    this.badge.setAttribute("aria-hidden", "true");
    if (told && this.unreadWords.textContent !== `, ${told}`) this.announcer.tell(told);
    this.unreadWords.textContent = told && `, ${told}`;
  }

  // --- open and closed ------------------------------------------------------------------------------------------------

  show({ focus = true } = {}) {
    if (this.inline) {
      this.panel.focus();
      return;
    }
    if (!this.panel.view.open) this.place();
    if (this.session.ended === "erased") this.session.ended = "";
    this.session.open();
    this.panel.refresh();
    this.panel.caughtUp();
    this.update("unread");
    if (focus) this.focusInside();
  }

  // Without a keyboard, focus in the field would cover half of the screen with one.
  focusInside() {
    const touch = matchMedia("(pointer: coarse)").matches;
    if (this.panel.screen) this.panel.screen.querySelector("h3").focus();
    else if (touch) this.panel.log.view.focus();
    else this.panel.focus();
  }

  place() {
    const { view } = this.panel;
    const focused = view.open && this.root.activeElement;
    if (view.open) view.close();
    this.box.classList.toggle("small", small.matches);
    if (small.matches) view.showModal();
    else view.show();
    this.launcher.setAttribute("aria-expanded", "true");
    this.launcher.hidden = true;
    if (focused) focused.focus();
  }

  hide(focus = false) {
    const inside = this.root.activeElement;
    this.panel.view.close();
    this.launcher.hidden = false;
    this.launcher.setAttribute("aria-expanded", "false");
    if (inside || focus) this.launcher.focus();
  }

  // What has the focus in the page must not lie under the panel.
  uncover(event) {
    if (this.inline || !this.panel.view.open || small.matches || event.target === this || !(event.target instanceof Element)) return;
    const focused = event.target.getBoundingClientRect();
    const over = this.panel.view.getBoundingClientRect();
    const hidden = focused.left >= over.left && focused.right <= over.right && focused.top >= over.top && focused.bottom <= over.bottom;
    if (hidden && focused.width) this.hide();
  }
}

function addByScript() {
  if (document.querySelector(NAME)) return;
  const made = document.createElement(NAME);
  for (const name of ATTRIBUTES) if (SCRIPT.dataset[name] !== undefined) made.dataset[name] = SCRIPT.dataset[name];
  document.body.append(made);
}

// Anything in the page can open the chat: <a href="/chat" data-sportello-open>.
function openFromPage(event) {
  const opener = event.target instanceof Element && event.target.closest("[data-sportello-open]");
  const chat = opener && document.querySelector(NAME);
  if (!chat || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  chat.show();
}

if (!customElements.get(NAME)) {
  customElements.define(NAME, SportelloChat);
  document.addEventListener("click", openFromPage);
  if (SCRIPT && SCRIPT.dataset.auto !== "no") {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", addByScript);
    else addByScript();
  }
}
