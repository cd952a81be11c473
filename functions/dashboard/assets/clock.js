// Times: in UTC or in the browser's zone, everywhere the same, and ages that go on by themselves.

const KEPT = "zone";
const EVERY_MS = 5000;
const watchers = [];
let zone = remembered();

export const isLocal = () => zone === "local";

// Calls `action` when the zone changes.
export function whenZoneChanges(action) {
  watchers.push(action);
}

export function changeZone() {
  zone = isLocal() ? "utc" : "local";
  try {
    localStorage.setItem(KEPT, zone);
  } catch {
    // a browser may refuse storage; then it is UTC with each visit
  }
  for (const action of watchers) action();
}

function remembered() {
  try {
    return localStorage.getItem(KEPT) === "local" ? "local" : "utc";
  } catch {
    return "utc";
  }
}

// The time as YYYY-MM-DD HH:MM:SS, of 24 hours.
export function clockTime(timestamp) {
  const date = new Date(timestamp);
  const shifted = isLocal() ? new Date(date.getTime() - date.getTimezoneOffset() * 60000) : date;
  return shifted.toISOString().slice(0, 19).replace("T", " ");
}

export function zoneName() {
  if (!isLocal()) return "UTC";
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "local";
}

export function age(timestamp) {
  const seconds = Math.round((Date.now() - Date.parse(timestamp)) / 1000);
  if (seconds < -1) return "in the future";
  if (seconds < 2) return "now";
  return `${span(seconds)} ago`;
}

export const lasted = (start, end) =>
  span(Math.max(0, Math.round((Date.parse(end) - Date.parse(start)) / 1000)));

export function span(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

// A time that shows its age, and its clock time as a title.
export function aged(timestamp) {
  const made = document.createElement("time");
  made.dateTime = timestamp;
  made.className = "age";
  freshen(made);
  return made;
}

function freshen(made) {
  made.textContent = age(made.dateTime);
  made.title = `${clockTime(made.dateTime)} ${zoneName()}`;
}

setInterval(() => {
  if (!document.hidden) document.querySelectorAll("time.age").forEach(freshen);
}, EVERY_MS);
