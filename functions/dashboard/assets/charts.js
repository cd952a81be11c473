// The curves of a device: uPlot, one range of time and one crosshair for all of them.
// uPlot is a file of its own, which may not be there: then there are tables.

import { element, measured, number } from "/assets/elements.js";
import { clockTime, isLocal, zoneName } from "/assets/clock.js";

const HEIGHT = 190;
const NARROWEST_PX = 2; // of an alert's shade, however short it was
const NONE = [null, null, null, null, 1];
// What stands at the ticks of time, by how far apart they are in seconds: 24 hours, and dates as ISO 8601 has them.
const CLOCK = [
  [31536000, "{YYYY}", null, null, ...NONE],
  [2419200, "{YYYY}-{MM}", null, null, ...NONE],
  [86400, "{MM}-{DD}", "\n{YYYY}", null, ...NONE],
  [60, "{HH}:{mm}", "\n{YYYY}-{MM}-{DD}", null, "\n{MM}-{DD}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{YYYY}-{MM}-{DD}", null, "\n{MM}-{DD}", null, null, null, 1],
];
let loading = null;
let plots = [];

// Whether uPlot could be loaded; it is asked for once, by the first view that has curves.
export function loadCharts() {
  loading ??= new Promise((resolve) => {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = "/assets/charts/uPlot.min.css";
    const script = document.createElement("script");
    script.src = "/assets/charts/uPlot.iife.min.js";
    script.addEventListener("load", () => resolve(true));
    script.addEventListener("error", () => resolve(false));
    document.head.append(style, script);
  });
  return loading;
}

// Draws a curve in `place` for each series; `zoom(from, to)` in seconds and `back()` are what a pointer asks for.
export function drawCharts(place, seriesList, { from, to, limits, episodes, zoom, back }) {
  for (const plot of plots) plot.destroy();
  plots = [];
  const figures = seriesList.map((series) => figureOf(series));
  place.replaceChildren(...figures);
  seriesList.forEach((series, index) => {
    const own = {
      limits: limits.filter((limit) => limit.sensor === series.sensor_type),
      episodes: episodes.filter((episode) => episode.sensor_type === series.sensor_type || episode.sensor_type === null),
    };
    const options = optionsOf(figures[index], { from, to, zoom, back, ...own });
    plots.push(new window.uPlot(options, dataOf(series.points), figures[index]));
  });
}

function figureOf(series) {
  const figure = element("figure", "", "chart");
  const caption = element("figcaption", series.sensor_type);
  caption.append(element("span", summaryOf(series), "note"));
  figure.append(caption);
  figure.setAttribute("role", "img");
  figure.setAttribute("aria-label", `${series.sensor_type}: ${summaryOf(series)}`);
  return figure;
}

function summaryOf({ points, sensor_type: sensor }) {
  const full = points.filter((point) => point.average !== null);
  if (full.length === 0) return "nothing in this range";
  const low = Math.min(...full.map((point) => point.min));
  const high = Math.max(...full.map((point) => point.max));
  return `last ${measured(full.at(-1).average, sensor)}, from ${measured(low, sensor)} to ${measured(high, sensor)}`;
}

const dataOf = (points) => [
  points.map((point) => Date.parse(point.timestamp) / 1000),
  ...["max", "min", "average"].map((name) => points.map((point) => point[name])),
];

function optionsOf(figure, { from, to, limits, episodes, zoom, back }) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  const edge = { stroke: "transparent", points: { show: false } };
  return {
    width: Math.max(240, figure.clientWidth - 2),
    height: HEIGHT,
    tzDate: (seconds) => (isLocal() ? new Date(seconds * 1000) : window.uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC")),
    legend: { show: true, live: true },
    scales: { x: { min: from, max: to }, y: { range: (_, low, high) => spread(low, high, limits) } },
    axes: [{ ...axis, values: CLOCK, space: 70 }, { ...axis, size: 56, values: (_, values) => values.map(number) }],
    series: [
      { label: `Time (${zoneName()})`, value: (_, seconds) => (seconds === null ? "–" : clockTime(seconds * 1000)) },
      { label: "max", ...edge, value: shown },
      { label: "min", ...edge, value: shown },
      { label: "average", stroke: colour("--accent"), width: 2, value: shown, points: { size: 4 } },
    ],
    bands: [{ series: [1, 2], fill: `color-mix(in srgb, ${colour("--accent")} 18%, transparent)` }],
    cursor: {
      sync: { key: "device" },
      drag: { x: true, y: false, setScale: false },
      bind: { dblclick: () => () => back() },
    },
    hooks: {
      drawClear: [(plot) => shadeEpisodes(plot, episodes, colour("--bad"))],
      draw: [(plot) => drawLimits(plot, limits, colour("--bad"))],
      setSelect: [(plot) => selected(plot, zoom)],
    },
  };
}

const shown = (_, value) => (value === null || value === undefined ? "–" : number(value));

// The range of values: all of the curve, and limits that are near to it.
function spread(low, high, limits) {
  if (low === null || low === undefined) return [0, 1];
  const room = Math.max(high - low, Math.abs(high) * 0.02, 0.1);
  const near = limits.map((limit) => limit.value).filter((value) => value > low - room / 4 && value < high + room / 4);
  return [Math.min(low, ...near) - room * 0.08, Math.max(high, ...near) + room * 0.08];
}

function selected(plot, zoom) {
  const { left, width } = plot.select;
  if (width < 5) return;
  const ends = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  zoom(...ends);
}

function shadeEpisodes(plot, episodes, colour) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.globalAlpha = 0.2;
  ctx.fillStyle = colour;
  for (const { started, ended } of episodes) {
    const begin = Math.max(plot.valToPos(Date.parse(started) / 1000, "x", true), bbox.left);
    const last = ended ? plot.valToPos(Date.parse(ended) / 1000, "x", true) : bbox.left + bbox.width;
    const end = Math.min(last, bbox.left + bbox.width);
    if (end >= begin) ctx.fillRect(begin, bbox.top, Math.max(end - begin, NARROWEST_PX), bbox.height);
  }
  ctx.restore();
}

function drawLimits(plot, limits, colour) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([6, 5]);
  for (const { value } of limits) {
    const y = Math.round(plot.valToPos(value, "y", true));
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

addEventListener("resize", () => {
  for (const plot of plots) {
    const width = Math.max(240, plot.root.parentElement.clientWidth - 2);
    if (width !== plot.width) plot.setSize({ width, height: HEIGHT });
  }
});
