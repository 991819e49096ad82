// What takes the place of the talk for a moment: a question before something is lost, a judgement.
import { button, element, icon } from "./dom.js";

const MOST_COMMENT = 1000;
let judged = 0;

// on: yes() may throw; back()
export function question(say, { title, note, yes, failed }, on) {
  const told = element("p", { class: "told", role: "alert" });
  const act = button("main wide", yes, async () => {
    act.setAttribute("aria-disabled", "true");
    told.textContent = "";
    try {
      await on.yes();
    } catch {
      told.textContent = failed;
    }
    act.removeAttribute("aria-disabled");
  });
  return screen(title, [element("p", { text: note }), told, act, button("wide", say("cancel"), on.back)]);
}

// on: judge(rating, comment), download(), end(), back(); ending: whether this closes the chat
export function ending(say, on, { ending: closes }) {
  const name = `sportello-rating-${++judged}`;
  const told = element("p", { class: "told", role: "status" });
  const radio = (value, drawing, text) =>
    element("label", { class: "radio" }, [element("input", { type: "radio", name, value }), icon(drawing), element("span", { text })]);
  const ratings = element("fieldset", {}, [
    element("legend", { text: say("judgeAsk") }), radio("up", "thumbUp", say("yes")), radio("down", "thumbDown", say("no")),
  ]);
  const comment = element("textarea", { id: `${name}-why`, rows: "3", maxlength: String(MOST_COMMENT), "aria-describedby": `${name}-note` });
  const form = element("form", { class: "judge", novalidate: true }, [
    ratings,
    element("label", { for: `${name}-why`, text: say("comment") }),
    element("p", { class: "note", id: `${name}-note`, text: say("commentNote") }),
    comment,
    element("button", { type: "submit", class: "wide", text: say("judgeSend") }),
  ]);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = ratings.querySelector("input:checked");
    told.className = "told error";
    if (!chosen) {
      told.textContent = say("judgeNeeded");
      ratings.querySelector("input").focus();
      return;
    }
    try {
      await on.judge(chosen.value, comment.value);
      told.className = "told";
      told.textContent = say("judgeThanks");
      told.tabIndex = -1;
      form.hidden = true;
      told.focus();
    } catch {
      told.textContent = say("judgeFailed");
    }
  });
  const others = closes
    ? [button("wide", say("download"), on.download), element("p", { class: "note", text: say("endNote") }), button("main wide", say("endNow"), on.end)]
    : [];
  return screen(closes ? say("endTitle") : say("judge"), [form, told, ...others, button("wide", say("backToChat"), on.back)]);
}

function screen(title, children) {
  return element("div", { class: "screen" }, [element("h3", { text: title, tabindex: "-1" }), ...children]);
}
