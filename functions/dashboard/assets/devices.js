// The devices, searched, filtered, ordered and paged by the server; rows change as readings come.

import { aged } from "/assets/clock.js";
import { badge, byId, deviceLink, element, measured, read, show, valuesOf } from "/assets/elements.js";
import { stateOf } from "/assets/fleet.js";
import { bindFilters, changed, fillFilters, place } from "/assets/place.js";
import { sparkline } from "/assets/sparkline.js";

const LIMIT = 20; // as many as one request for series may have
const SPARKS_EVERY_MS = 60000;
let shown = []; // devices, as they were read last
let counts = null;
let sparks = new Map(); // by device
let sparksRead = ["", 0]; // of which devices, and when

export const devices = {
  title: "Devices",
  every_ms: 30000,
  interest: () => ({ types: ["device", "alert"], devices: shown.map((device) => device.device_id) }),
  take(name, row) {
    const index = shown.findIndex((device) => device.device_id === row.device_id);
    if (name === "alert" || index < 0) return name === "alert";
    if (row.last_ts >= shown[index].last_ts) shown[index] = row;
    showRows();
    return false;
  },
  async load() {
    fillFilters(byId("devices-form"));
    const path = pathOf();
    const [page, fleet] = await Promise.all([read(path), read("/fleet")]);
    [shown, counts] = [page.data, fleet];
    showRows();
    showPager(page, path);
    await readSparks();
    showRows();
  },
  start: () => bindFilters(byId("devices-form")),
};

function pathOf() {
  const query = new URLSearchParams({ limit: LIMIT });
  for (const name of ["search", "state", "order", "cursor"]) if (place(name)) query.set(name, place(name));
  return `/devices?${query}`;
}

function showPager(page, path) {
  byId("devices-first").hidden = !place("cursor");
  byId("devices-first").href = changed({ cursor: "" });
  byId("devices-next").hidden = page.next_cursor === null;
  byId("devices-next").href = changed({ cursor: page.next_cursor ?? "" });
  byId("devices-json").href = path;
  const more = page.next_cursor === null && !place("cursor") ? "" : `${shown.length} on this page, `;
  byId("devices-note").textContent = `${more}${counts.devices.total} in all`;
}

function showRows() {
  const rows = shown.map((device) => {
    const state = stateOf(device, counts);
    return [badge(state), deviceLink(device.device_id), values(device, state), sparks.get(device.device_id) ?? "", aged(device.last_ts)];
  });
  show("device-rows", rows, "No such device.");
}

function values(device, state) {
  const list = element("span", "", state === "stale" ? "latest stale" : "latest");
  for (const [name, value] of valuesOf(device.latest).slice(0, 6)) {
    const one = element("span", "");
    one.append(element("span", name, "sensor"), ` ${measured(value, name)}`);
    list.append(one, " ");
  }
  return list;
}

// One request for each sensor that leads a device's latest reading.
async function readSparks() {
  const ids = shown.map((device) => device.device_id).join(",");
  if (ids === sparksRead[0] && Date.now() - sparksRead[1] < SPARKS_EVERY_MS) return;
  sparksRead = [ids, Date.now()];
  const bySensor = new Map();
  for (const device of shown) {
    const [sensor] = valuesOf(device.latest)[0] ?? [""];
    if (sensor) bySensor.set(sensor, [...(bySensor.get(sensor) ?? []), device.device_id]);
  }
  const found = await Promise.all([...bySensor].map(([sensor, of]) => readSeries(sensor, of)));
  sparks = new Map(found.flat());
}

async function readSeries(sensor, of) {
  const query = new URLSearchParams({ sensor, device_id: of.join(","), from: "-1h", max_points: 30 });
  const series = await read(`/series?${query}`);
  const [start, end] = [Date.parse(series.from), Date.parse(series.to)];
  return series.series
    .filter((one) => one.points.length > 0)
    .map((one) => [one.device_id, sparkline(one.points, start, end, `${sensor} in the last hour`)]);
}
