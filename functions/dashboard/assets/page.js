// The page: shows the view that the URL names, keeps it fresh, and says whether it is.

import { alerting } from "/assets/alerting.js";
import { changeZone, whenZoneChanges, zoneName } from "/assets/clock.js";
import { deviceView } from "/assets/device.js";
import { devices } from "/assets/devices.js";
import { byId, read } from "/assets/elements.js";
import { fleet } from "/assets/fleet.js";
import { letters } from "/assets/letters.js";
import { follow, unfollow } from "/assets/live.js";
import { map } from "/assets/map.js";
import { pipeline } from "/assets/pipeline.js";
import { place, whenPlaceChanges } from "/assets/place.js";
import { showSample } from "/assets/sample.js";

const VIEWS = { fleet, devices, device: deviceView, map, alerts: alerting, letters, pipeline };
const PAUSE_MS = 2000; // between two reads of a view, however much changes
let name = "";
let isReading = false;
let isDue = false;
let isPaused = false;
let timer;

const view = () => VIEWS[name];

function showView() {
  const before = name;
  name = place("view") in VIEWS ? place("view") : "fleet";
  for (const each of Object.keys(VIEWS)) byId(`view-${each}`).hidden = each !== name;
  for (const link of byId("views").children) {
    const isHere = new URLSearchParams(link.search).get("view") === (name === "device" ? "devices" : name);
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${place("device") || view().title} · IoT telemetry`;
  if (before && before !== name) byId(`view-${name}`).querySelector("h2")?.focus();
  isDue = false;
  reload();
}

// Reads the view, and then follows what changes of what it shows.
async function reload() {
  clearTimeout(timer);
  if (isReading) {
    isDue = true;
    return;
  }
  isReading = true;
  const shown = location.search;
  try {
    await view().load();
    fail("");
  } catch (error) {
    fail(error.constructor === Error ? error.message : "The dashboard does not respond. Trying again.");
  }
  isReading = false;
  if (shown !== location.search) {
    reload();
    return;
  }
  if (isPaused) return;
  timer = setTimeout(tick, isDue ? PAUSE_MS : view().every_ms);
  isDue = false;
  follow(view().interest(), { take, refetch: soon, state: showState });
}

function tick() {
  if (document.hidden) timer = setTimeout(tick, PAUSE_MS);
  else reload();
}

// Reads the view in a moment; all that asks for it meanwhile is one read.
function soon() {
  if (isReading || isDue) {
    isDue = true;
    return;
  }
  isDue = true;
  clearTimeout(timer);
  timer = setTimeout(tick, PAUSE_MS);
}

// What is shown stays as it is, while one reads it or copies from it.
function pause() {
  isPaused = !isPaused;
  byId("pause").textContent = isPaused ? "Go on" : "Pause";
  if (isPaused) {
    clearTimeout(timer);
    unfollow();
    showWord("Paused", "waiting");
  } else {
    showWord("Loading…", "waiting");
    reload();
  }
}

function take(kind, row) {
  if (view().take(kind, row)) soon();
}

function fail(sentence) {
  if (byId("failure").textContent !== sentence) byId("failure").textContent = sentence;
}

function showState(isLive) {
  if (isLive) showWord("Live", "live");
  else showWord("Connection lost. Trying again.", "away");
}

function showWord(text, kind) {
  const state = byId("state");
  if (state.textContent === text) return; // a screen reader need not repeat it
  state.textContent = text;
  state.className = `state ${kind}`;
}

function showZone() {
  byId("zone").textContent = zoneName();
  byId("zone").setAttribute("aria-label", `Times are in ${zoneName()}; change`);
}

async function showWhoCalls() {
  const { access, name: who } = await read("/session");
  byId("open").hidden = access !== "open";
  byId("leave").hidden = access === "open";
  byId("who").textContent = who ?? "";
}

async function showCounts() {
  if (!document.hidden) {
    const counts = await read("/fleet").catch(() => null);
    if (counts) {
      showCount("alerts-count", counts.alerts.reduce((sum, level) => sum + level.active, 0), "not acknowledged");
      showCount("letters-count", counts.waiting.dead_letters, "open");
    }
  }
  setTimeout(showCounts, 15000);
}

function showCount(id, count, what) {
  byId(id).hidden = count === 0;
  byId(id).textContent = count.toLocaleString("en");
  byId(id).title = `${count} ${what}`;
}

for (const each of Object.values(VIEWS)) each.start?.();
byId("pause").addEventListener("click", pause);
byId("zone").addEventListener("click", changeZone);
whenZoneChanges(() => {
  showZone();
  reload();
});
whenPlaceChanges(showView);
document.addEventListener("acted", reload); // what an operator did shows at once
showSample();
showZone();
showView();
showWhoCalls().catch(() => {}); // what cannot be read now is told by the view
showCounts();
