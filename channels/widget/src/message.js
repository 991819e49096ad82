// One message as elements: words, choices (by day when they are times), links, cards.
import { button, dial, element, icon, link, linked, safeUrl } from "./dom.js";

const ROME = { timeZone: "Europe/Rome" };
const HOUR = new Intl.DateTimeFormat("it", { hour: "2-digit", minute: "2-digit", ...ROME });
const DAY = new Intl.DateTimeFormat("it", { weekday: "long", day: "numeric", month: "long", ...ROME });

export const hourOf = (at) => HOUR.format(at);
export const dayOf = (at) => DAY.format(at);

export function nameOf(message, say) {
  if (message.sender === "citizen") return say("you");
  if (message.sender === "bot") return say("bot");
  return message.author ? say("operatorNamed", { name: message.author }) : say("operator");
}

// context: {say, base, press(choice, button)}
export function body(message, context) {
  const parts = [];
  if (message.text) {
    const text = message.sender === "citizen" ? [message.text] : linked(message.text, context.say);
    parts.push(element("div", { class: "bubble", dir: "auto", lang: "it" }, text));
  } else if (message.sender === "citizen") {
    parts.push(element("div", { class: "bubble" }, ["…"]));
  }
  if (message.card) parts.push(card(message, context));
  if (message.buttons.length) parts.push(choices(message.buttons, context));
  parts.push(links(message, context));
  return parts.filter(Boolean);
}

function links(message, { base, say }) {
  const shown = message.card ? [message.card.map, message.card.page, message.card.calendar] : [];
  const made = message.links
    .filter((one) => !shown.includes(one.url))
    .map((one) => ({ title: one.title, url: safeUrl(one.url, base) }))
    .filter((one) => one.url)
    .map((one) => element("li", {}, [link("", one.title, one.url, say)]));
  return made.length ? element("ul", { class: "links", lang: "it" }, made) : null;
}

// --- choices --------------------------------------------------------------------------------------------------------

// "gio 5 mar, 9:30", "gio 5 mar, 9:30 (Pinerolo)"
const TIME = /^(lun|mar|mer|gio|ven|sab|dom) (\d{1,2}) (gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic), (\d{1,2}:\d\d)(?: \((.+)\))?$/;
const DAYS = { lun: "lunedì", mar: "martedì", mer: "mercoledì", gio: "giovedì", ven: "venerdì", sab: "sabato", dom: "domenica" };
const MONTHS = {
  gen: "gennaio", feb: "febbraio", mar: "marzo", apr: "aprile", mag: "maggio", giu: "giugno",
  lug: "luglio", ago: "agosto", set: "settembre", ott: "ottobre", nov: "novembre", dic: "dicembre",
};

export function byDay(buttons) {
  const days = new Map();
  const others = [];
  for (const choice of buttons) {
    const match = TIME.exec(choice.title);
    if (!match) {
      others.push(choice);
      continue;
    }
    const [, weekday, number, month, hour, place] = match;
    const day = `${DAYS[weekday]} ${number} ${MONTHS[month]}`;
    if (!days.has(day)) days.set(day, []);
    days.get(day).push({ choice, title: place ? `${hour}, ${place}` : hour });
  }
  return { days, others };
}

function choices(buttons, { say, press }) {
  const { days, others } = byDay(buttons);
  const pressable = (choice, title, day = "") => {
    const made = button("choice", title, () => press(choice, made));
    if (day) made.append(element("span", { class: "hidden", text: ` ${day}` }));
    // An answer to a question asked then; other choices stay good.
    made.dataset.once = String(choice.payload).startsWith("/choose") ? "yes" : "no";
    return made;
  };
  const parts = [];
  for (const [day, times] of days) {
    parts.push(
      element("div", { class: "day", role: "group", "aria-label": day }, [
        element("p", { class: "day-title", text: day, "aria-hidden": "true" }),
        element("div", { class: "times" }, times.map((time) => pressable(time.choice, time.title, day))),
      ]),
    );
  }
  if (others.length) parts.push(element("div", { class: "others" }, others.map((one) => pressable(one, one.title))));
  const label = days.size ? say("freeTimes") : say("choices", { n: buttons.length });
  return element("div", { class: "choices", role: "group", "aria-label": label, lang: "it" }, parts);
}

// --- cards ----------------------------------------------------------------------------------------------------------

function card(message, context) {
  const made = message.card.kind === "centre" ? centre(message.card, context) : appointment(message.card, context);
  return element("div", { class: `card ${message.card.kind}`, role: "group", lang: "it", "aria-label": message.card.title }, made);
}

function facts(rows) {
  const made = rows.filter(([, value]) => value).map(([name, value]) =>
    element("div", {}, [element("dt", { text: name }), element("dd", {}, [value])]));
  return element("dl", {}, made);
}

function action(title, url, name, { base, say }, main = false) {
  const safe = url && safeUrl(url, base);
  if (!safe) return null;
  const made = link(`action${main ? " main" : ""}`, title, safe, say);
  made.prepend(icon(name));
  return made;
}

function centre(card, context) {
  const { say } = context;
  const phone = card.phone && link("", card.phone, dial(card.phone), say);
  const email = card.email && link("", card.email, `mailto:${card.email}`, say);
  return [
    element("p", { class: "kicker", text: say("centre") }),
    element("p", { class: "card-title", text: card.title }),
    facts([[say("address"), card.address], [say("phone"), phone], [say("email"), email]]),
    element("div", { class: "actions" }, [action(say("takeMe"), card.map, "pin", context, true)]),
  ];
}

const OVER = { cancelled: "cancelled", cancelled_by_us: "cancelled", moved: "moved", past: "past", missed: "past" };

function appointment(card, context) {
  const { say } = context;
  const over = OVER[card.phase];
  return [
    element("p", { class: "kicker", text: over ? `${say("appointment")}: ${say(over).toLowerCase()}` : say("appointment") }),
    element("p", { class: "card-title", text: card.title }),
    facts([[say("when"), card.when], [say("how"), card.mode], [card.place_label, card.place], [say("code"), card.code]]),
    card.opens && element("p", { class: "note", text: say("opens", { opens: card.opens }) }),
    element("div", { class: "actions" }, [
      action(say("join"), card.join, "chat", context, !card.opens),
      action(say("toCalendar"), card.calendar, "calendar", context, !card.join || Boolean(card.opens)),
      action(say("page"), card.page, "options", context),
    ]),
  ];
}

// --- one's own message that is still on its way -----------------------------------------------------------------------

export function onItsWay(one, { say, retry, discard }) {
  const words = one.body.text || one.title || "…";
  const state = { waiting: say("waiting"), sending: say("sending"), sent: say("sent"), failed: say("failed") }[one.state];
  const told = element("p", { class: `delivery ${one.state}` }, [one.error ? `${state} ${one.error}` : state]);
  const parts = [element("div", { class: "bubble", dir: "auto", text: words }), told];
  if (one.state === "failed") {
    parts.push(element("div", { class: "others" }, [button("choice", say("retry"), retry), button("choice", say("discard"), discard)]));
  }
  return element("li", { class: `message citizen pending ${one.state}` }, parts);
}
