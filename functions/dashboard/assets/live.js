// What changes, as it happens: server-sent events, and what is done when the connection is lost.
// It goes on by the id of the last event, so nothing is missed; `refetch` says that the view is to be read anew.

const NAMES = ["device", "window", "alert", "dead_letter"];
const SOON_MS = 300; // the stream ends by itself now and then
const LONGEST_MS = 15000;
const HIDDEN_MS = 60000; // nobody looks: the function may go to zero

let source = null;
let wanted = null;
let position = "";
let failures = 0;
let timer;
let hiding;
let handlers = {};

// Follows these types (and devices, if any): `take(name, row)`, `refetch()` and `state(isLive)` are called.
export function follow(interest, { take, refetch, state }) {
  handlers = { take, refetch, state };
  if (source && wanted === addressOf(interest)) return;
  wanted = addressOf(interest);
  position = "";
  connect();
}

function addressOf({ types, devices = [] }) {
  const query = new URLSearchParams({ types: types.join(",") });
  if (devices.length > 0) query.set("device_id", devices.join(","));
  return `/events?${query}`;
}

// Follows nothing more, until it is asked to.
export function unfollow() {
  wanted = null;
  disconnect();
}

function connect() {
  disconnect();
  const opened = new EventSource(position ? `${wanted}&after=${position}` : wanted);
  source = opened;
  for (const name of NAMES) {
    opened.addEventListener(name, (event) => {
      note(event);
      handlers.take(name, JSON.parse(event.data));
    });
  }
  opened.addEventListener("refetch", (event) => {
    begin(event);
    handlers.refetch();
  });
  opened.addEventListener("resumed", begin);
  opened.addEventListener("end", () => again(SOON_MS));
  opened.addEventListener("error", lost);
}

function begin(event) {
  note(event);
  failures = 0;
  handlers.state(true);
}

function note(event) {
  if (event.lastEventId) position = event.lastEventId;
}

function lost() {
  failures += 1;
  handlers.state(false);
  again(Math.min(1000 * 2 ** (failures - 1), LONGEST_MS));
}

function again(ms) {
  disconnect();
  timer = setTimeout(connect, ms);
}

function disconnect() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(disconnect, HIDDEN_MS);
  else if (wanted && !source) connect();
});
addEventListener("online", () => wanted && connect());
addEventListener("offline", () => wanted && lost());
addEventListener("pagehide", disconnect);
addEventListener("pageshow", (event) => event.persisted && wanted && connect());
