// What the canvas of the map shows: the land, lines of the globe, and a circle for each cell with devices.

import { number } from "/assets/elements.js";

// The state of its worst device.
export function stateWord({ count, alerting, stale }) {
  const [share, state] = alerting ? [alerting, "alerting"] : stale ? [stale, "stale"] : [count, "online"];
  return count === 1 || state === "online" ? state : `${number(share)} ${state}`;
}

// Draws the land, and a circle for each cell; returns the circles: where, how large, and of which cell.
export function draw(canvas, land, box, cells) {
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  const ctx = canvas.getContext("2d");
  ctx.scale(devicePixelRatio, devicePixelRatio);
  const scale = width / (box.east - box.west);
  const at = (lon, lat) => [(lon - box.west) * scale, (box.north - lat) * scale];
  const colour = (name) => getComputedStyle(canvas).getPropertyValue(`--${name}`);
  drawLand(ctx, land, box, scale, colour);
  drawGrid(ctx, box, at, colour);
  const circles = cells.map((cell) => circleOf(cell, at));
  for (const circle of circles) drawCircle(ctx, circle, colour);
  return circles;
}

function drawLand(ctx, land, box, scale, colour) {
  ctx.save();
  ctx.scale(scale / 10, scale / 10); // the outline is in tenths of a degree
  ctx.translate(-box.west * 10, box.north * 10);
  ctx.fillStyle = colour("plain-bg");
  ctx.strokeStyle = colour("line");
  ctx.lineWidth = 10 / scale;
  ctx.fill(land);
  ctx.stroke(land);
  ctx.restore();
}

// Where the outline is too coarse to tell where one is, lines of the globe do, with their degrees.
function drawGrid(ctx, box, at, colour) {
  const step = 10 ** Math.floor(Math.log10((box.east - box.west) / 2));
  const digits = Math.max(0, -Math.log10(step));
  ctx.font = "11px system-ui, sans-serif";
  ctx.fillStyle = colour("quiet");
  ctx.strokeStyle = colour("line");
  ctx.lineWidth = 0.5;
  const [bottom, right] = [at(box.east, box.south)[1], at(box.east, box.south)[0]];
  for (let lon = Math.ceil(box.west / step) * step; lon <= box.east; lon += step) {
    const [x] = at(lon, 0);
    line(ctx, x, 0, x, bottom);
    ctx.fillText(`${lon.toFixed(digits)}°`, x + 3, bottom - 4);
  }
  for (let lat = Math.ceil(box.south / step) * step; lat <= box.north; lat += step) {
    const [, y] = at(0, lat);
    line(ctx, 0, y, right, y);
    ctx.fillText(`${lat.toFixed(digits)}°`, 3, y - 3);
  }
}

function line(ctx, ...[x, y, toX, toY]) {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}

function circleOf(cell, at) {
  const [x, y] = at(cell.lon, cell.lat);
  return { cell, x, y, radius: cell.count === 1 ? 8 : Math.min(12 + 3 * Math.log10(cell.count) ** 1.4, 26) };
}

const LOOKS = { alerting: ["bad", "▲"], stale: ["warn", "◌"], online: ["good", ""] }; // by shape, too

function drawCircle(ctx, { cell, x, y, radius }, colour) {
  const [name, shape] = LOOKS[stateWord(cell).split(" ").at(-1)];
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = colour(`${name}-bg`);
  ctx.strokeStyle = colour(name);
  ctx.lineWidth = 1.5;
  ctx.fill();
  ctx.stroke();
  ctx.fillStyle = colour(name);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(cell.count > 1 ? `${shape}${short(cell.count)}` : shape, x, y);
  ctx.textAlign = "start";
  ctx.textBaseline = "alphabetic";
}

const short = (count) => (count < 1000 ? String(count) : `${Number((count / 1000).toPrecision(2))}k`);
