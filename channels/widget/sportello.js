// A first simple chat widget on the web chat API (docs/webchat-api.md). No framework, no cookie, nothing from elsewhere.
// The conversation's id and token stay in sessionStorage, so a reload goes on and closing the tab forgets.
"use strict";

const API = "/webchat/v1/conversations";
const STORE = "sportello-conversation";
const POLL_SECONDS = 25;
const RETRY_MS = [500, 1000, 2000, 5000];

class SportelloChat extends HTMLElement {
  connectedCallback() {
    this.seen = 0;
    this.build();
    this.open();
  }

  build() {
    this.log = element("ol", { className: "log", role: "log", tabIndex: 0 });
    this.log.setAttribute("aria-label", "Messaggi");
    this.state = element("p", { className: "state" });
    this.state.setAttribute("role", "status");
    this.input = element("textarea", { rows: 2, maxLength: 4000, id: "sportello-text", placeholder: "Scrivi qui" });
    const label = element("label", { className: "hidden", htmlFor: "sportello-text", textContent: "Il tuo messaggio" });
    const form = element("form", {}, [label, this.input, element("button", { textContent: "Invia" })]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        this.submit();
      }
    });
    this.append(this.log, this.state, form);
  }

  async open() {
    const kept = JSON.parse(sessionStorage.getItem(STORE) || "null");
    if (kept) {
      this.conversation = kept;
    } else {
      const opened = await this.call("POST", API, {});
      this.conversation = { id: opened.conversation_id, token: opened.token };
      sessionStorage.setItem(STORE, JSON.stringify(this.conversation));
    }
    this.listen();
  }

  async listen() {
    for (;;) {
      const wait = this.seen ? POLL_SECONDS : 0;
      const { messages } = await this.call("GET", `${API}/${this.conversation.id}/messages?after=${this.seen}&wait=${wait}`);
      messages.forEach((message) => this.show(message));
    }
  }

  submit() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.send({ text });
  }

  async send(content) {
    this.say("Sto inviando…");
    const body = { client_message_id: crypto.randomUUID(), ...content };
    await this.call("POST", `${API}/${this.conversation.id}/messages`, body);
    this.say("Sportello sta scrivendo…");
  }

  // Repeats after a lost connection: the same client_message_id again is the same message.
  async call(method, url, body) {
    for (let attempt = 0; ; attempt++) {
      try {
        const headers = { "Content-Type": "application/json" };
        if (this.conversation) headers.Authorization = `Bearer ${this.conversation.token}`;
        const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
        if (answer.ok) return await answer.json();
        const problem = await answer.json();
        if (answer.status === 401 || answer.status === 404) this.startAgain();
        if (answer.status < 500 && answer.status !== 429) {
          this.say(problem.message, true);
          return new Promise(() => {});
        }
        this.say(problem.message, true);
      } catch (error) {
        this.say("Manca la connessione. Riprovo da solo.", true);
      }
      await new Promise((done) => setTimeout(done, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]));
    }
  }

  startAgain() {
    sessionStorage.removeItem(STORE);
    location.reload();
  }

  show(message) {
    if (message.seq <= this.seen) return;
    this.seen = message.seq;
    const mine = message.sender === "citizen";
    const who = { citizen: "Tu", bot: "Sportello, assistente automatico", operator: "Operatore" }[message.sender];
    const words = message.text || "…";
    const parts = [element("div", { className: "who", textContent: who }), element("div", { className: "bubble", textContent: words })];
    if (message.buttons.length || message.links.length) parts.push(this.choices(message));
    const item = element("li", { className: `${message.sender} ${message.kind}` }, parts);
    this.log.append(item);
    this.log.scrollTop = mine ? this.log.scrollHeight : item.offsetTop - this.log.offsetTop - 8;
    if (!mine) this.say("");
  }

  choices(message) {
    const buttons = message.buttons.map((choice) => {
      const button = element("button", { type: "button", textContent: choice.title });
      button.addEventListener("click", () => {
        this.send({ payload: choice.payload });
        this.input.focus();
      });
      return button;
    });
    const links = message.links
      .filter((link) => /^(https?:|tel:|mailto:|\/)/.test(link.url))
      .map((link) => element("a", { href: link.url, textContent: link.title, target: "_blank", rel: "noopener" }));
    return element("div", { className: "choices" }, [...buttons, ...links]);
  }

  say(words, isError = false) {
    this.state.textContent = words;
    this.state.classList.toggle("error", isError);
  }
}

function element(name, properties = {}, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

customElements.define("sportello-chat", SportelloChat);
