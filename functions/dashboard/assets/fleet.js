// The fleet at a glance: counts, a wall with a block for each device, the newest alerts.

import { aged } from "/assets/clock.js";
import { badge, byId, deviceLink, element, link, number, read, show, showTiles } from "/assets/elements.js";

const MOST_ON_WALL = 500;
const SHAPES = { alerting: "▲", stale: "◌", online: "●" };
let before = null; // the counts of the last time: of two, readings a second are known

export const fleet = {
  title: "Fleet",
  every_ms: 5000,
  interest: () => ({ types: ["alert"] }),
  take: () => true, // an alert changed: read anew
  async load() {
    const [counts, silent, alerts] = await Promise.all([
      read("/fleet"),
      read(`/devices?order=longest_silent&limit=${MOST_ON_WALL}`),
      read("/alerts?status=open&limit=10"),
    ]);
    showTiles("fleet-tiles", tilesOf(counts));
    showWall(silent.data, counts);
    showAttention(alerts.data);
    byId("empty").hidden = counts.telemetry_records > 0;
    before = counts;
  },
  start() {
    const button = byId("wall-full");
    button.hidden = !document.fullscreenEnabled;
    button.addEventListener("click", () =>
      document.fullscreenElement ? document.exitFullscreen() : byId("wall-section").requestFullscreen(),
    );
    document.addEventListener("fullscreenchange", () => {
      button.textContent = document.fullscreenElement ? "Leave full screen" : "Full screen";
    });
  },
};

function tilesOf(counts) {
  const { total, online, stale, alerting } = counts.devices;
  const newest = counts.newest_reading_at;
  return [
    ["Online", `${number(online)} of ${number(total)}`, "", "/?view=devices&state=online"],
    ["Stale", number(stale), stale ? "warn" : "", "/?view=devices&state=stale"],
    ["Alerting", number(alerting), alerting ? "bad" : "", "/?view=devices&state=alerting"],
    ...counts.alerts.map((level) => [
      `Open alerts, ${level.severity}`,
      alertsOf(level),
      level.active ? "bad" : "",
      `/?view=alerts&severity=${encodeURIComponent(level.severity)}`,
    ]),
    ["Readings a second", rateOf(counts)],
    ["Newest reading", newest ? aged(newest) : "–"],
  ];
}

const alertsOf = ({ active, acknowledged }) =>
  acknowledged ? `${number(active)} + ${number(acknowledged)} seen` : number(active);

function rateOf(counts) {
  if (before === null || before.at === counts.at) return "…";
  const seconds = (Date.parse(counts.at) - Date.parse(before.at)) / 1000;
  return number(Math.max(0, Math.round(((counts.telemetry_records - before.telemetry_records) / seconds) * 10) / 10));
}

export function stateOf(device, counts) {
  if (counts.alerting_devices.includes(device.device_id)) return "alerting";
  const age_s = (Date.now() - Date.parse(device.last_ts)) / 1000;
  return age_s > counts.stale_after_seconds ? "stale" : "online";
}

function showWall(devices, counts) {
  const known = new Set(devices.map((device) => device.device_id));
  const missing = counts.alerting_devices.filter((id) => !known.has(id)).map((id) => [id, "alerting"]);
  const states = [...missing, ...devices.map((device) => [device.device_id, stateOf(device, counts)])];
  const order = ["alerting", "stale", "online"];
  states.sort(([a, one], [b, other]) => order.indexOf(one) - order.indexOf(other) || (one === "online" ? a.localeCompare(b) : 0));
  byId("wall").replaceChildren(...states.slice(0, MOST_ON_WALL).map(([id, state]) => block(id, state)));
  byId("wall-legend").replaceChildren(...order.map((state) => badge(state)));
}

function block(id, state) {
  const made = deviceLink(id);
  made.textContent = SHAPES[state];
  made.className = state;
  made.title = `${id}: ${state}`;
  made.setAttribute("aria-label", made.title);
  const item = element("li", "");
  item.append(made);
  return item;
}

function showAttention(alerts) {
  const rows = alerts.map((alert) => [
    badge(alert.severity),
    deviceLink(alert.device_id),
    link(`/alerts/${encodeURIComponent(alert.alert_id)}`, alert.message),
    aged(alert.timestamp),
  ]);
  show("attention-rows", rows, "No alert is open.");
}
