// The range of time of the curves, and the buttons that change it: what a pointer can, keys can too.

import { element, link } from "/assets/elements.js";
import { changed } from "/assets/place.js";

const SPANS = ["1h", "6h", "24h", "7d", "30d"];
const SECONDS = { h: 3600, d: 86400 };

// From and to as the series routes take them; the default is the last hour.
export function rangeOf(from, to) {
  return { from: from || "-1h", to: to || "now" };
}

export function showRanges(place, range) {
  const [start, end] = endsOf(range);
  const width = end - start;
  const links = SPANS.map((span) => button(span, { from: span === "1h" ? "" : `-${span}`, to: "" }, range.from === `-${span}` && range.to === "now"));
  place.replaceChildren(
    ...links,
    moved("◀", "earlier", start - width / 2, end - width / 2),
    moved("▶", "later", start + width / 2, end + width / 2),
    moved("+", "zoom in", start + width / 4, end - width / 4),
    moved("−", "zoom out", start - width / 2, end + width / 2),
  );
}

function endsOf({ from, to }) {
  return [from, to].map((text) => {
    if (text === "now") return Date.now();
    const span = /^-(\d+)([hd])$/.exec(text);
    return span ? Date.now() - Number(span[1]) * SECONDS[span[2]] * 1000 : Date.parse(text);
  });
}

function button(text, values, isCurrent) {
  const made = link(changed(values), text);
  made.className = "button";
  if (isCurrent) made.setAttribute("aria-current", "true");
  return made;
}

function moved(sign, label, start, end) {
  const made = button(sign, { from: whole(start), to: whole(Math.min(end, Date.now())) }, false);
  made.setAttribute("aria-label", label);
  made.title = label;
  return made;
}

const whole = (ms) => new Date(Math.round(ms / 1000) * 1000).toISOString();
