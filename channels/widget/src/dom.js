// Making elements. Text is only ever set as text: nothing of a message is read as HTML.
export function element(name, properties = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "text") made.textContent = value;
    else if (key === "on") for (const [type, listener] of Object.entries(value)) made.addEventListener(type, listener);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

export function button(className, text, click, properties = {}) {
  return element("button", { type: "button", class: className, text, on: { click }, ...properties });
}

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  chat: "M4 4h16v12H9l-5 4z",
  options: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  minimise: "M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12h15M13 6l6 6-6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  pin: "M12 21s7-6.6 7-11.5A7 7 0 0 0 5 9.500C5 14.400 12 21 12 21zM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  calendar: "M4 6h16v14H4zM4 10h16M8 3v5M16 3v5",
  thumbUp: "M7 11v9H4v-9zM7 11l4-8c1.500 0 2.500 1 2.500 2.500L13 9h5.500a2 2 0 0 1 2 2.400l-1.300 7a2 2 0 0 1-2 1.600H7",
  thumbDown: "M7 13V4H4v9zM7 13l4 8c1.500 0 2.500-1 2.500-2.500L13 15h5.500a2 2 0 0 0 2-2.400l-1.300-7a2 2 0 0 0-2-1.600H7",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const drawing = { viewBox: "0 0 24 24", class: `icon icon-${name}`, "aria-hidden": "true", focusable: "false" };
  for (const [key, value] of Object.entries(drawing)) svg.setAttribute(key, value);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// A label seen with its icon; the name of the control is the text.
export function withIcon(made, name, hideText = false) {
  const text = element("span", { text: made.textContent, class: hideText ? "hidden" : null });
  made.replaceChildren(icon(name), text);
  if (hideText) made.setAttribute("title", text.textContent);
  return made;
}

// Only addresses that lead somewhere harmless; those without a host are Sportello's own.
export function safeUrl(url, base) {
  try {
    const parsed = new URL(url, base);
    return ["http:", "https:", "mailto:", "tel:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

export function link(className, title, url, say) {
  const made = element("a", { class: className, href: url, text: title });
  if (/^https?:/.test(url)) {
    made.target = "_blank";
    made.rel = "noopener noreferrer";
    made.append(element("span", { class: "hidden", text: ` ${say("newTab")}` }));
  }
  return made;
}

export const dial = (number) => `tel:${number.replace(/[^\d+]/g, "")}`;

// Addresses and telephone numbers inside a text become links; the rest stays text.
const LINKABLE = /(https?:\/\/[^\s<>"«»]+[^\s<>"«».,;:!?)])|([\w.+-]+@[\w-]+(?:\.[\w-]+)+)|(?<![\w.,-])(\+39[ ]?\d[\d ]{6,12}\d|800[ ]?\d{3}[ ]?\d{3}|0\d{1,3}[ .\/-]?\d[\d ]{4,8}\d)(?![\w-])/g;

export function linked(text, say) {
  const parts = [];
  let from = 0;
  for (const match of text.slice(0, 8000).matchAll(LINKABLE)) {
    const [found, url, mail] = match;
    const href = url ? safeUrl(url) : mail ? `mailto:${mail}` : dial(found);
    parts.push(text.slice(from, match.index), href ? link("", found, href, say) : found);
    from = match.index + found.length;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part !== "");
}
