// The last 24 hours of a device as one bar: when it was heard, when it was silent, when it alerted.

import { clockTime, span } from "/assets/clock.js";
import { byId, element, read } from "/assets/elements.js";

const SPACE = "http://www.w3.org/2000/svg";
const DAY_MS = 86400000;
const POINTS = 288; // of five minutes
const WIDTH = 1000;
const HEIGHT = 16;
const MOST_TOLD = 3; // silences, the longest

export async function showDay(id, sensor, alerts) {
  const query = new URLSearchParams({ sensor, from: "-24h", max_points: POINTS });
  const found = await read(`/devices/${encodeURIComponent(id)}/series?${query}`);
  const end = Date.parse(found.to);
  const start = end - DAY_MS;
  const heard = runsOf(found.series[0]?.points ?? [], found.step_seconds * 1000, end);
  const alerting = alerts
    .filter((alert) => alert.started && alert.status !== "retracted")
    .map((alert) => [Date.parse(alert.started), alert.ended ? Date.parse(alert.ended) : end]);
  byId("day").replaceChildren(barOf(heard, alerting, start, end), element("p", told(heard, start, end), "note"));
}

// Times of points in a row, without a gap between them.
function runsOf(points, step, end) {
  const runs = [];
  let run = null;
  for (const { timestamp, average } of points) {
    if (average === null) {
      run = null;
      continue;
    }
    const from = Date.parse(timestamp);
    if (run === null) runs.push((run = [from, from]));
    run[1] = Math.min(from + step, end);
  }
  return runs;
}

function barOf(heard, alerting, start, end) {
  const bar = document.createElementNS(SPACE, "svg");
  bar.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  bar.setAttribute("preserveAspectRatio", "none");
  bar.setAttribute("aria-hidden", "true"); // the sentence below says it
  bar.setAttribute("class", "day");
  for (const run of heard) bar.append(part(run, "heard", [0, HEIGHT], start, end));
  for (const run of alerting) bar.append(part(run, "alerted", [HEIGHT / 2, HEIGHT / 2], start, end));
  return bar;
}

function part([from, to], kind, [top, height], start, end) {
  const place = (time) => ((Math.min(Math.max(time, start), end) - start) / DAY_MS) * WIDTH;
  const made = document.createElementNS(SPACE, "rect");
  made.setAttribute("class", kind);
  made.setAttribute("x", place(from).toFixed(1));
  made.setAttribute("y", top);
  made.setAttribute("width", Math.max(from < end && to > start ? 1 : 0, place(to) - place(from)).toFixed(1));
  made.setAttribute("height", height);
  return made;
}

function told(heard, start, end) {
  if (heard.length === 0) return "Silent for all of the last 24 hours.";
  const silences = [];
  let last = start;
  for (const [from, to] of [...heard, [end, end]]) {
    if (from > last) silences.push([last, from]);
    last = Math.max(last, to);
  }
  const missing = silences.reduce((sum, [from, to]) => sum + to - from, 0);
  const longest = silences.sort((one, other) => other[1] - other[0] - (one[1] - one[0])).slice(0, MOST_TOLD);
  const named = longest.map(([from, to]) => `${clockTime(from).slice(5, 16)} for ${spanOf(to - from)}`);
  return missing === 0 ? "Heard all of the time." : `Silent for ${spanOf(missing)} in all, longest from ${named.join(", ")}.`;
}

const spanOf = (ms) => span(Math.round(ms / 1000));
