// The page: reads the JSON routes every few seconds and shows what they return.

import { showAlerts } from "/assets/alerts.js";
import { age, byId, deviceLink, element, measured, number, read, show, time } from "/assets/elements.js";
import { showSilences } from "/assets/silences.js";

const EVERY_MS = 3000;
const ROUTES = {
  stats: "/stats",
  devices: "/devices?limit=50",
  alerts: "/alerts/recent?limit=50",
  silences: "/silences?state=open&limit=20",
  windows: "/aggregated?limit=20",
  letters: "/dead-letters?limit=10",
};

function showTotals(stats) {
  for (const [name, value] of Object.entries(stats)) {
    if (name !== "aggregated_until") byId(name).textContent = number(value);
  }
  const until = stats.aggregated_until;
  byId("aggregated_until").replaceChildren(until ? time(until, age(until)) : "–");
  byId("empty").hidden = stats.telemetry_records > 0;
}

function showDevices(devices, total) {
  const shown = devices.length < total ? `the newest ${devices.length} of ${number(total)}` : "";
  byId("devices-note").textContent = shown;
  const rows = devices.map(({ device_id, last_ts, latest }) => [
    deviceLink(device_id, "telemetry"),
    measured(latest?.temperature_c, "temperature_c"),
    measured(latest?.humidity, "humidity"),
    Object.entries(latest?.measurements ?? {})
      .map(([name, value]) => `${name} ${number(value)}`)
      .join(", "),
    time(last_ts, age(last_ts)),
  ]);
  show("device-rows", rows, "No device has reported.");
}

function showWindows(windows) {
  const rows = windows.map((window) => [
    time(window.timestamp, window.timestamp.slice(0, 19).replace("T", " ")),
    deviceLink(window.device_id, "aggregates"),
    window.sensor_type,
    number(window.count),
    ...["average", "min", "max", "p95"].map((name) => measured(window[name], window.sensor_type)),
    element("span", window.closed ? "settled" : "open", window.closed ? "badge closed" : "badge"),
  ]);
  show("window-rows", rows, "No windows yet: a window shows a second or two after its first reading.");
}

function showLetters(letters) {
  const rows = letters.map((letter) => [
    time(letter.dead_lettered_at, age(letter.dead_lettered_at)),
    letter.stage,
    letter.reason,
    letter.event_id,
    element("span", letter.status, letter.status === "open" ? "badge open-letter" : "badge redriven"),
  ]);
  show("letter-rows", rows, "None: every event was handled.");
}

function report(text, kind) {
  const state = byId("state");
  if (state.textContent === text) return; // a screen reader need not repeat it
  state.textContent = text;
  state.className = `state ${kind}`;
}

async function refresh() {
  const names = Object.keys(ROUTES);
  const contents = await Promise.all(names.map((name) => read(ROUTES[name])));
  const { stats, devices, alerts, silences, windows, letters } = Object.fromEntries(
    names.map((name, index) => [name, contents[index]]),
  );
  showTotals(stats);
  showDevices(devices.data, stats.devices);
  showAlerts(alerts.data);
  showSilences(silences.data);
  showWindows(windows.data);
  showLetters(letters.data);
}

async function showWhoCalls() {
  const { access, name } = await read("/session");
  byId("open").hidden = access !== "open";
  byId("leave").hidden = access === "open";
  byId("who").textContent = name ?? "";
}

async function keepFresh() {
  if (!document.hidden) {
    try {
      await refresh();
      report("Live", "live");
    } catch (error) {
      const isOurs = error.constructor === Error;
      report(isOurs ? error.message : "The dashboard does not respond. Trying again.", "away");
    }
  }
  setTimeout(keepFresh, EVERY_MS);
}

// Where ingest is: as the setting INGEST_URL says, or else by where this page is: local-dev's ports,
// or the names that Knative gives.
function ingestUrl() {
  const told = document.querySelector('meta[name="ingest-url"]').content;
  if (told) return told;
  const { protocol, hostname, host } = window.location;
  if (hostname.startsWith("dashboard.")) return `${protocol}//${host.replace("dashboard.", "ingest.")}`;
  return `http://${hostname}:8001`;
}

byId("sample").textContent = `curl -X POST ${ingestUrl()}/ingest \\
  -H 'Content-Type: application/json' \\
  -d '{"device_id": "greenhouse-1", "temperature_c": 21.5, "humidity": 48}'`;
// What an operator did shows at once; what fails here, the next round reports.
document.addEventListener("acted", () => refresh().catch(() => {}));
showWhoCalls().catch(() => {}); // what cannot be read now is told by the refresh
keepFresh();
