// The map: devices that have told where they are, in circles by the server's cells, over an outline of the land.

import { byId, deviceLink, element, number, read, show } from "/assets/elements.js";
import { around, boxOf, inside, isOnePlace, textOf, WORLD } from "/assets/map-box.js";
import { draw, stateWord } from "/assets/map-drawing.js";
import { changed, go, place } from "/assets/place.js";

const MOST_LISTED = 20;
const STEPS = { "map-in": 0.5, "map-out": 2 };
const ARROWS = { ArrowLeft: [-0.25, 0], ArrowRight: [0.25, 0], ArrowUp: [0, 0.25], ArrowDown: [0, -0.25] };
let land = null;
let cells = [];
let circles = []; // as they are drawn: where, how large, and of which cell

export const map = {
  title: "Map",
  every_ms: 10000,
  interest: () => ({ types: ["alert"] }),
  take: () => true,
  async load() {
    land ??= await outline();
    if (!place("bbox")) {
      await fit();
      return;
    }
    const path = `/map?bbox=${textOf(shown())}`;
    const found = await read(path);
    cells = found.data;
    byId("map-note").textContent = told(found);
    byId("map-json").href = path;
    redraw();
    list();
  },
  start() {
    const canvas = byId("map");
    for (const [id, factor] of Object.entries(STEPS)) byId(id).addEventListener("click", () => zoom(factor));
    byId("map-fit").addEventListener("click", () => go(changed({ bbox: "" })));
    canvas.addEventListener("keydown", keyed);
    canvas.addEventListener("wheel", wheeled, { passive: false });
    canvas.addEventListener("pointerdown", pointed);
    canvas.addEventListener("pointermove", (event) => (canvas.title = nameOf(circleAt(event))));
    new ResizeObserver(() => redraw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  },
};

function told({ devices, is_cut: isCut }) {
  if (devices === 0) return "no device here has told where it is: lat and lon of a reading say so";
  return `${isCut ? "the first " : ""}${number(devices)} that have told where they are`;
}

async function outline() {
  const text = await (await fetch("/assets/land.svg")).text();
  const path = new DOMParser().parseFromString(text, "image/svg+xml").querySelector("path");
  return new Path2D(path.getAttribute("d"));
}

// Shows all of the fleet, or the earth where it is nowhere.
async function fit() {
  const { data } = await read("/map");
  const edges = (name, choose) => choose(...data.map((cell) => cell[name]));
  if (data.length === 0) {
    showBox(WORLD);
    return;
  }
  showBox(
    around({
      west: edges("west", Math.min),
      south: edges("south", Math.min),
      east: edges("east", Math.max),
      north: edges("north", Math.max),
    }),
  );
}

const showBox = (box) => go(changed({ bbox: textOf(inside(box)) }), { replaces: true });

const shown = () => boxOf(place("bbox"));

function zoom(factor, [x, y] = [0.5, 0.5]) {
  const { west, south, east, north } = shown();
  const [width, height] = [east - west, north - south];
  const [lon, lat] = [west + width * x, north - height * y];
  showBox({
    west: lon - width * factor * x,
    east: lon + width * factor * (1 - x),
    south: lat - height * factor * (1 - y),
    north: lat + height * factor * y,
  });
}

function pan(x, y) {
  const { west, south, east, north } = shown();
  const [dx, dy] = [(east - west) * x, (north - south) * y];
  showBox({ west: west + dx, east: east + dx, south: south + dy, north: north + dy });
}

function keyed(event) {
  if (event.key in ARROWS) pan(...ARROWS[event.key]);
  else if (event.key === "+") zoom(STEPS["map-in"]);
  else if (event.key === "-") zoom(STEPS["map-out"]);
  else return;
  event.preventDefault();
}

function wheeled(event) {
  if (!event.ctrlKey && document.activeElement !== event.currentTarget) return; // the page scrolls
  event.preventDefault();
  const { width, height } = event.currentTarget.getBoundingClientRect();
  zoom(event.deltaY < 0 ? STEPS["map-in"] : STEPS["map-out"], [event.offsetX / width, event.offsetY / height]);
}

// A drag moves the map; a click on a circle goes to its device, nearer to its devices, or to their names.
function pointed(begun) {
  const canvas = begun.currentTarget;
  canvas.setPointerCapture(begun.pointerId);
  canvas.addEventListener(
    "pointerup",
    (ended) => {
      const [x, y] = [ended.offsetX - begun.offsetX, ended.offsetY - begun.offsetY];
      if (Math.hypot(x, y) > 4) pan(-x / canvas.clientWidth, y / canvas.clientHeight);
      else choose(circleAt(ended));
    },
    { once: true },
  );
}

function choose(circle) {
  if (!circle) return;
  const { cell } = circle;
  const there = changed({ bbox: textOf(around(cell)) });
  const first = deviceLink(cell.device_ids[0]).href;
  if (cell.count === 1) go(first);
  else if (isOnePlace(cell) && there === location.pathname + location.search) focusOn(first);
  else go(there);
}

const focusOn = (href) => [...byId("map-rows").querySelectorAll("a")].find((one) => one.href === href)?.focus();

const circleAt = ({ offsetX, offsetY }) =>
  circles.find(({ x, y, radius }) => Math.hypot(offsetX - x, offsetY - y) <= radius + 2);

function nameOf(circle) {
  if (!circle) return "";
  const { cell } = circle;
  return cell.count === 1 ? `${cell.device_ids[0]}: ${stateWord(cell)}` : `${number(cell.count)} devices, ${stateWord(cell)}`;
}

function redraw() {
  const canvas = byId("map");
  if (land && canvas.clientWidth > 0) circles = draw(canvas, land, shown(), cells);
}

// What the canvas shows, for whoever does not see it.
function list() {
  const rows = cells.slice(0, MOST_LISTED).map((cell) => [
    cell.count === 1 || isOnePlace(cell) ? names(cell) : nearer(cell),
    number(cell.count),
    stateWord(cell),
    `${cell.lat.toFixed(3)}, ${cell.lon.toFixed(3)}`,
  ]);
  show("map-rows", rows, "No device here.");
}

function names({ device_ids: ids, count }) {
  const made = element("span", "");
  made.append(...ids.flatMap((id, place) => (place ? [", ", deviceLink(id)] : [deviceLink(id)])));
  if (count > ids.length) made.append(` and ${number(count - ids.length)} more`);
  return made;
}

function nearer(cell) {
  const made = element("a", `${cell.device_ids[0]} and ${number(cell.count - 1)} more`);
  made.href = changed({ bbox: textOf(around(cell)) });
  return made;
}
