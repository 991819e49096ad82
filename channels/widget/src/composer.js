// Where one writes.
import { element, icon } from "./dom.js";

const MOST_CHARS = 4000;
let fields = 0;

export class Composer {
  // on: send(text), typed(), complain(words)
  constructor(say, on) {
    const id = `sportello-text-${++fields}`;
    this.input = element("textarea", { id, rows: "1", autocomplete: "off", enterkeyhint: "send" });
    const label = element("label", { for: id, class: "prompt", text: say("writeHere") });
    const send = element("button", { type: "submit", class: "send" }, [element("span", { text: say("send") }), icon("send")]);
    this.view = element("form", { class: "composer", novalidate: true }, [label, element("div", { class: "field" }, [this.input, send])]);
    const submit = () => {
      const text = this.input.value.trim();
      const wrong = !text ? say("nothingWritten") : text.length > MOST_CHARS ? say("tooLong", { n: MOST_CHARS }) : "";
      this.input.setAttribute("aria-invalid", wrong ? "true" : "false");
      on.complain(wrong);
      this.input.focus();
      if (wrong) return;
      this.input.value = "";
      this.fit();
      on.send(text);
    };
    this.view.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    this.input.addEventListener("keydown", (event) => {
      // Enter also ends a composition of characters: then it does not send.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    });
    this.input.addEventListener("input", () => {
      this.fit();
      on.typed();
    });
  }

  fit() {
    this.input.rows = Math.min(5, this.input.value.split("\n").length + Math.floor(this.input.value.length / 45));
  }
}
