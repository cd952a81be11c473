// The page: reads the JSON routes every few seconds and shows what they return.
// Names and messages come from strangers: they are set as text, never as markup.

const EVERY_MS = 3000;
const TIMEOUT_MS = 10000; // the function itself gives up after 5 s
const ROUTES = {
  stats: "/stats",
  devices: "/devices?limit=50",
  alerts: "/alerts/recent?limit=15",
  windows: "/aggregated?limit=20",
  letters: "/dead-letters?limit=10",
};
const UNITS = { temperature_c: " °C", humidity: " %" };

const byId = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });
const measured = (value, sensor) =>
  value === null || value === undefined ? "" : number(value) + (UNITS[sensor] ?? "");

function age(timestamp) {
  const seconds = Math.round((Date.now() - Date.parse(timestamp)) / 1000);
  if (seconds < -1) return "in the future";
  if (seconds < 2) return "now";
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function time(timestamp, text) {
  const made = element("time", text);
  made.dateTime = timestamp;
  made.title = timestamp;
  return made;
}

function link(path, text) {
  const made = element("a", text);
  made.href = path;
  return made;
}

const deviceLink = (id, route) => link(`/devices/${encodeURIComponent(id)}/${route}`, id);

function show(bodyId, rows, nothing) {
  const body = byId(bodyId);
  const labels = [...body.parentElement.tHead.rows[0].cells];
  if (rows.length === 0) {
    const cell = element("td", nothing, "none");
    cell.colSpan = labels.length;
    const row = element("tr", "");
    row.append(cell);
    body.replaceChildren(row);
    return;
  }
  body.replaceChildren(...rows.map((contents) => tableRow(contents, labels)));
}

function tableRow(contents, labels) {
  const row = element("tr", "");
  contents.forEach((content, index) => {
    const cell = element("td", "", labels[index].className);
    if (content !== "") cell.append(content);
    cell.dataset.label = labels[index].textContent;
    row.append(cell);
  });
  return row;
}

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

function showAlerts(alerts) {
  const rows = alerts.map((alert) => [
    element("span", alert.severity, `badge ${alert.severity}`),
    deviceLink(alert.device_id, "telemetry"),
    alert.message,
    time(alert.timestamp, age(alert.timestamp)),
    element("span", alert.status, "badge"),
  ]);
  show("alert-rows", rows, "No alerts.");
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

async function read(path) {
  const response = await fetch(path, {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status === 401) location.assign("/login"); // the session is over
  if (response.status === 403) throw new Error("Your credential may not read this.");
  if (response.status === 503) throw new Error("The database does not respond. Trying again.");
  if (!response.ok) throw new Error(`${path} returned ${response.status}. Trying again.`);
  return response.json();
}

async function refresh() {
  const names = Object.keys(ROUTES);
  const contents = await Promise.all(names.map((name) => read(ROUTES[name])));
  const { stats, devices, alerts, windows, letters } = Object.fromEntries(
    names.map((name, index) => [name, contents[index]]),
  );
  showTotals(stats);
  showDevices(devices.data, stats.devices);
  showAlerts(alerts.data);
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
showWhoCalls().catch(() => {}); // what cannot be read now is told by the refresh
keepFresh();
