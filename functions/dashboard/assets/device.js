// One device: its latest values, its curves in a range of time, its alerts.

import { aged, clockTime, lasted, zoneName } from "/assets/clock.js";
import { drawCharts, loadCharts } from "/assets/charts.js";
import { badge, byId, element, link, measured, read, show, showTiles, time, valuesOf } from "/assets/elements.js";
import { showTables } from "/assets/curve-tables.js";
import { showDay } from "/assets/day.js";
import { changed, go, pathTo, place } from "/assets/place.js";
import { rangeOf, showRanges } from "/assets/ranges.js";

const MOST_LISTED = 20; // alerts; more are shaded, and in the view of alerts
const MOST_SENSORS = 10; // of one request for series
let device = null;
let limits = null;
let staleAfter = 300;

export const deviceView = {
  title: "Device",
  every_ms: 30000,
  interest: () => ({ types: ["device", "window", "alert"], devices: [place("device")] }),
  take(name, row) {
    if (name !== "device") return true;
    if (device === null || row.last_ts >= device.last_ts) device = row;
    showLatest();
    return false;
  },
  async load() {
    const id = place("device");
    byId("device-title").textContent = id;
    const [page, alerts, fleet] = await Promise.all([
      read(`/devices?limit=1000&search=${encodeURIComponent(id)}`),
      read(`/alerts?device_id=${encodeURIComponent(id)}&limit=100`),
      read("/fleet"),
    ]);
    staleAfter = fleet.stale_after_seconds;
    device = page.data.find((one) => one.device_id === id) ?? null;
    showLatest();
    showAlerts(alerts.data);
    if (device !== null) await Promise.all([showCurves(id, alerts.data), showLastDay(id, alerts.data)]);
    else byId("charts").replaceChildren(element("p", "No reading of this device has been seen.", "none"));
  },
};

const isStale = () => Date.now() - Date.parse(device.last_ts) > staleAfter * 1000;

function showLatest() {
  const seen = byId("device-seen");
  if (device === null) {
    seen.textContent = "";
    showTiles("device-values", []);
    return;
  }
  seen.replaceChildren(badge(isStale() ? "stale" : "online"), " last seen ", aged(device.last_ts));
  const kind = isStale() ? "stale" : "";
  showTiles("device-values", valuesOf(device.latest).map(([name, value]) => [name, measured(value, name), kind]));
}

function showAlerts(alerts) {
  const rows = alerts.slice(0, MOST_LISTED).map((alert) => [
    badge(alert.severity),
    link(`/alerts/${encodeURIComponent(alert.alert_id)}`, alert.message),
    time(alert.started ?? alert.timestamp),
    alert.started ? lasted(alert.started, alert.ended ?? new Date().toISOString()) : "",
    badge(alert.status),
  ]);
  show("device-alert-rows", rows, "No alerts.");
  byId("device-alerts-all").href = pathTo({ view: "alerts", show: "all", device: place("device") });
}

async function showLastDay(id, alerts) {
  const [sensor] = valuesOf(device.latest)[0] ?? [""];
  if (sensor) await showDay(id, sensor, alerts);
  else byId("day").replaceChildren();
}

async function showCurves(id, alerts) {
  const range = rangeOf(place("from"), place("to"));
  showRanges(byId("ranges"), range);
  const sensors = valuesOf(device.latest).map(([name]) => name).slice(0, MOST_SENSORS);
  if (sensors.length === 0) return;
  const points = Math.min(1000, Math.max(100, byId("charts").clientWidth));
  const query = new URLSearchParams({ sensor: sensors.join(","), from: range.from, to: range.to, max_points: points });
  const path = `/devices/${encodeURIComponent(id)}/series?${query}`;
  const [series, hasCharts] = await Promise.all([read(path), loadCharts(), readLimits()]);
  showNote(series, path, hasCharts);
  const full = series.series.filter((one) => one.points.length > 0);
  if (full.length === 0) byId("charts").replaceChildren(element("p", "No readings in this range.", "none"));
  else if (hasCharts) drawCharts(byId("charts"), full, drawing(series, alerts));
  else showTables(byId("charts"), full);
}

const drawing = (series, alerts) => ({
  from: Date.parse(series.from) / 1000,
  to: Date.parse(series.to) / 1000,
  limits,
  episodes: alerts.filter((alert) => alert.started && alert.status !== "retracted"),
  zoom: (from, to) => go(changed({ from: isoOf(from), to: isoOf(to) })),
  back: () => go(changed({ from: "", to: "" })),
});

const isoOf = (seconds) => new Date(Math.round(seconds) * 1000).toISOString();

function showNote(series, path, hasCharts) {
  const from = clockTime(series.from);
  const note = hasCharts ? "Drag to zoom, double click to go back." : "Charts are not installed here: tables instead.";
  byId("charts-note").replaceChildren(
    `${from} to ${clockTime(series.to)} ${zoneName()}, a point each ${series.step_seconds} s. ${note} `,
    link(`${path}&format=csv`, "CSV"),
  );
}

// The limits of the rules in force; what a rule says otherwise than by a limit has no line.
async function readLimits() {
  if (limits !== null) return;
  const { data } = await read("/prometheus/api/v1/rules");
  const queries = data.groups.flatMap((group) => group.rules.map((rule) => rule.query));
  const found = queries.flatMap((query) => query.split(" or ")).map((part) => /^(\w+) [<>] (-?[\d.e+]+)$/.exec(part));
  limits = found.filter((one) => one !== null).map(([, sensor, value]) => ({ sensor, value: Number(value) }));
}
