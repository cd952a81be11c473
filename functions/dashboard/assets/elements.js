// The elements that the page is made of, and how it reads the JSON routes.
// Names and messages come from strangers: they are set as text, never as markup.

import { clockTime } from "/assets/clock.js";

const TIMEOUT_MS = 10000; // the function itself gives up after 5 s
const UNITS = { temperature_c: " °C", humidity: " %" };

export const byId = (id) => document.getElementById(id);
export const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });
export const measured = (value, sensor) =>
  value === null || value === undefined ? "" : number(value) + (UNITS[sensor] ?? "");

export function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

export function time(timestamp) {
  const made = element("time", clockTime(timestamp));
  made.dateTime = timestamp;
  made.title = timestamp;
  return made;
}

export function link(path, text) {
  const made = element("a", text);
  made.href = path;
  return made;
}

export const deviceLink = (id) => link(`/?view=device&device=${encodeURIComponent(id)}`, id);

// A state by shape and word, and by colour too.
const SHAPES = { online: "●", stale: "◌", alerting: "▲", critical: "▲", warning: "△", active: "▲" };
export function badge(word, kind = word) {
  const made = element("span", "", `badge ${kind}`);
  if (SHAPES[kind]) {
    const shape = element("span", `${SHAPES[kind]} `);
    shape.setAttribute("aria-hidden", "true");
    made.append(shape);
  }
  made.append(word);
  return made;
}

// The values of a device's latest reading by sensor.
export function valuesOf(latest) {
  const named = ["temperature_c", "humidity"].map((name) => [name, latest?.[name]]);
  const all = [...named, ...Object.entries(latest?.measurements ?? {})];
  return all.filter(([, value]) => value !== null && value !== undefined);
}

// Shows tiles: [name, content, kind, path] each.
export function showTiles(listId, tiles) {
  byId(listId).replaceChildren(
    ...tiles.map(([name, content, kind = "", path = ""]) => {
      const tile = element("div", "", kind);
      const value = element("dd", "");
      value.append(content);
      const title = element("dt", "");
      title.append(path ? link(path, name) : name);
      tile.append(title, value);
      return tile;
    }),
  );
}

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
  const focused = body.contains(document.activeElement) && keyOf(document.activeElement);
  body.replaceChildren(...rows.map((contents) => tableRow(contents, labels)));
  if (focused) [...body.querySelectorAll("[data-key], a")].find((one) => keyOf(one) === focused)?.focus();
}

const keyOf = (one) => one.dataset.key ?? one.getAttribute("href");

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
  if (!response.ok) throw new Error(await sentenceOf(response, path));
  return response.json();
}

async function sentenceOf(response, path) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail ?? `${path} returned ${response.status}.`;
}
