// The alerts: what each is, and the buttons by which operators act on it.

import { act, acts, whenSent } from "/assets/acting.js";
import { aged, lasted } from "/assets/clock.js";
import { badge, byId, deviceLink, element, link, measured, show } from "/assets/elements.js";
import { silenceLike } from "/assets/silences.js";

let open = []; // the ids of active alerts that are shown
let chosen = []; // those that the dialog is about

export function showAlerts(alerts) {
  open = alerts.filter((alert) => alert.status === "active").map((alert) => alert.alert_id);
  byId("acknowledge-all").hidden = !acts || open.length < 2;
  byId("acknowledge-all").textContent = `Acknowledge all ${open.length}`;
  const rows = alerts.map((alert) => [
    badge(alert.severity),
    deviceLink(alert.device_id),
    what(alert),
    aged(alert.timestamp),
    duration(alert),
    alert.sensor_type === null ? "" : measured(alert.value, alert.sensor_type),
    status(alert),
  ]);
  show("alert-rows", rows, "No alerts.");
}

function what(alert) {
  const cell = element("div", "");
  cell.append(link(`/alerts/${encodeURIComponent(alert.alert_id)}`, alert.message));
  const { acknowledgement, retracted_reason: retracted } = alert;
  if (alert.flapping_since) cell.append(" ", element("span", "flapping", "badge"));
  if (acknowledgement) {
    const { actor, comment } = acknowledgement;
    cell.append(element("p", comment ? `${actor}: ${comment}` : `Seen by ${actor}.`, "said"));
  }
  if (retracted) cell.append(element("p", `Taken back: ${retracted.replaceAll("_", " ")}.`, "said"));
  return cell;
}

function duration(alert) {
  if (!alert.started) return ""; // of a version that stored no end
  return lasted(alert.started, alert.ended ?? new Date().toISOString());
}

function status(alert) {
  const cell = element("div", "", "actions");
  cell.append(badge(alert.status));
  if (!acts || !["active", "acknowledged"].includes(alert.status)) return cell;
  if (alert.status === "active") {
    cell.append(button("Acknowledge", alert, () => ask([alert.alert_id])));
  } else {
    cell.append(button("Take back", alert, () => takeBack(alert.alert_id)));
  }
  cell.append(button("Silence", alert, () => silenceLike(alert)));
  return cell;
}

function button(text, alert, action) {
  const made = element("button", text);
  made.type = "button";
  made.dataset.key = `${text} ${alert.alert_id}`; // keeps the focus when the table is shown anew
  made.setAttribute("aria-label", `${text}: ${alert.device_id}, ${alert.message}`);
  made.addEventListener("click", action);
  return made;
}

const pathOf = (id, verb) => `/alerts/${encodeURIComponent(id)}/${verb}`;

function ask(ids) {
  chosen = ids;
  byId("acknowledge-title").textContent =
    ids.length === 1 ? "Acknowledge the alert" : `Acknowledge ${ids.length} alerts`;
  byId("acknowledge").querySelector('[role="alert"]').textContent = "";
  byId("acknowledge").showModal();
}

async function takeBack(id) {
  try {
    await act("POST", pathOf(id, "unacknowledge"), {});
  } catch (error) {
    byId("alerts-failure").textContent = error.message;
  }
}

if (acts) {
  const dialog = byId("acknowledge");
  byId("acknowledge-all").addEventListener("click", () => ask(open));
  byId("acknowledge-cancel").addEventListener("click", () => dialog.close());
  whenSent(byId("acknowledge-form"), async (given) => {
    if (chosen.length === 1) await act("POST", pathOf(chosen[0], "acknowledge"), given);
    else await act("POST", "/alerts/acknowledge", { ...given, alert_ids: chosen });
    byId("acknowledge-form").elements.comment.value = "";
    dialog.close();
  });
}
