// The page's colour, kept readable: what is written on it, and what is written in it, has a contrast of at least 4.5.
export function parseColour(text) {
  const match = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec((text || "").trim());
  if (!match) return null;
  const digits = match[1].length === 3 ? [...match[1]].map((digit) => digit + digit).join("") : match[1];
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
}

const luminance = (colour) => {
  const [r, g, b] = colour.map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const mix = (colour, other, share) => colour.map((part, at) => Math.round(part * (1 - share) + other[at] * share));
const css = (colour) => `rgb(${colour.join(",")})`;
const WHITE = [255, 255, 255];
const INK = [16, 32, 48];

export function palette(colour, dark) {
  const surface = dark ? [20, 29, 38] : WHITE;
  const toward = dark ? WHITE : [0, 0, 0];
  let text = colour;
  for (let share = 0.1; share <= 1 && contrast(text, surface) < 4.8; share += 0.1) text = mix(colour, toward, share);
  const on = contrast(colour, WHITE) >= 4.5 ? WHITE : contrast(colour, INK) >= 4.5 ? INK : null;
  const fill = on ? colour : mix(colour, [0, 0, 0], 0.25);
  return { "--primary": css(fill), "--on-primary": css(on || WHITE), "--link": css(text) };
}
