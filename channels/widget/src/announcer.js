// Says each thing once to those who hear the page, from a region apart: the list itself is not announced.
import { element } from "./dom.js";

const GATHER_MS = 200;
const KEPT_MS = 8000;
const MOST_READ = 3;

export class Announcer {
  constructor(say) {
    this.say = say;
    this.view = element("div", { class: "hidden announcer", "aria-live": "polite", role: "status" });
    this.waiting = [];
  }

  // What comes close together is said together; of many messages only how many they are.
  tell(words) {
    this.waiting.push(words);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const all = this.waiting.splice(0);
      const said = all.length > MOST_READ ? [this.say("manyNew", { n: all.length })] : all;
      for (const one of said) {
        const line = element("p", { text: one, lang: "it" });
        this.view.append(line);
        setTimeout(() => line.remove(), KEPT_MS);
      }
    }, GATHER_MS);
  }
}
