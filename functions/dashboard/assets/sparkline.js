// A curve of a few points in a row of a table; its gaps are gaps.

const SPACE = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 24;

export function sparkline(points, start, end, label) {
  const picture = document.createElementNS(SPACE, "svg");
  picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  picture.setAttribute("class", "sparkline");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", label);
  for (const run of runsOf(points)) {
    const line = document.createElementNS(SPACE, "polyline");
    line.setAttribute("points", run.map((point) => placed(point, start, end, rangeOf(points))).join(" "));
    picture.append(line);
  }
  return picture;
}

function runsOf(points) {
  const runs = [[]];
  for (const point of points) {
    if (point.average === null) runs.push([]);
    else runs.at(-1).push(point);
  }
  return runs.filter((run) => run.length > 0).map((run) => (run.length > 1 ? run : [...run, ...run]));
}

function rangeOf(points) {
  const values = points.map((point) => point.average).filter((value) => value !== null);
  return [Math.min(...values), Math.max(...values)];
}

function placed({ timestamp, average }, start, end, [low, high]) {
  const x = ((Date.parse(timestamp) - start) / (end - start)) * WIDTH;
  const y = high === low ? HEIGHT / 2 : HEIGHT - 2 - ((average - low) / (high - low)) * (HEIGHT - 4);
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}
