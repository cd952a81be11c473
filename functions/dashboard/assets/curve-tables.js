// Curves as tables, where uPlot is not installed: the newest points of each sensor.

import { element, measured, time } from "/assets/elements.js";

const MOST = 30;
const HEADS = ["Time", "Readings", "Average", "Min", "Max"];

export function showTables(place, seriesList) {
  place.replaceChildren(...seriesList.map(tableOf));
}

function tableOf({ sensor_type: sensor, points }) {
  const table = element("table", "");
  table.append(element("caption", `${sensor}, the newest ${Math.min(points.length, MOST)} points`));
  const head = table.createTHead().insertRow();
  for (const name of HEADS) {
    const cell = element("th", name, name === "Time" ? "fixed" : "number");
    cell.scope = "col";
    head.append(cell);
  }
  const body = table.createTBody();
  for (const point of points.slice(-MOST).reverse()) fill(body.insertRow(), point, sensor);
  const box = element("div", "", "scroll tall");
  box.tabIndex = 0;
  box.append(table);
  return box;
}

function fill(row, point, sensor) {
  const values = ["average", "min", "max"].map((name) => measured(point[name], sensor));
  [time(point.timestamp), point.count || "gap", ...values].forEach((content, index) => {
    const cell = row.insertCell();
    cell.className = index === 0 ? "fixed" : "number";
    cell.dataset.label = HEADS[index];
    cell.append(content);
  });
}
