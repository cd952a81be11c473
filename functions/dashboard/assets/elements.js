// The elements that the page is made of, and how it reads the JSON routes.
// Names and messages come from strangers: they are set as text, never as markup.

const TIMEOUT_MS = 10000; // the function itself gives up after 5 s
const UNITS = { temperature_c: " °C", humidity: " %" };

export const byId = (id) => document.getElementById(id);
export const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });
export const measured = (value, sensor) =>
  value === null || value === undefined ? "" : number(value) + (UNITS[sensor] ?? "");

export function age(timestamp) {
  const seconds = Math.round((Date.now() - Date.parse(timestamp)) / 1000);
  if (seconds < -1) return "in the future";
  if (seconds < 2) return "now";
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export function lasted(start, end) {
  const seconds = Math.max(0, Math.round((Date.parse(end) - Date.parse(start)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

export function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

export function time(timestamp, text) {
  const made = element("time", text);
  made.dateTime = timestamp;
  made.title = timestamp;
  return made;
}

export function link(path, text) {
  const made = element("a", text);
  made.href = path;
  return made;
}

export const deviceLink = (id, route) => link(`/devices/${encodeURIComponent(id)}/${route}`, id);

export function show(bodyId, rows, nothing) {
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
  const focused = body.contains(document.activeElement) && document.activeElement.dataset.key;
  body.replaceChildren(...rows.map((contents) => tableRow(contents, labels)));
  if (focused) [...body.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused)?.focus();
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

export async function read(path) {
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
