// The view of alerts: which are shown, page by page, with the silences below.

import { showAlerts } from "/assets/alerts.js";
import { byId, read } from "/assets/elements.js";
import { bindFilters, changed, fillFilters, place } from "/assets/place.js";
import { showSilences } from "/assets/silences.js";

const ROUTES = {
  "": "/alerts?status=open",
  active: "/alerts?status=active",
  recent: "/alerts/recent?within=24h",
  all: "/alerts?",
};

export const alerting = {
  title: "Alerts",
  every_ms: 30000,
  interest: () => ({ types: ["alert"], devices: place("device") ? [place("device")] : [] }),
  take: () => true,
  async load() {
    fillFilters(byId("alerts-form"));
    const path = pathOf();
    const [page, silences] = await Promise.all([read(path), read("/silences?state=open&limit=20")]);
    showAlerts(page.data);
    showSilences(silences.data);
    byId("alerts-note").textContent = page.next_cursor ? `the newest ${page.data.length}` : `${page.data.length}`;
    byId("alerts-next").hidden = page.next_cursor === null;
    byId("alerts-next").href = changed({ cursor: page.next_cursor ?? "" });
    byId("alerts-json").href = path;
  },
  start: () => bindFilters(byId("alerts-form")),
};

function pathOf() {
  const show = place("show");
  const route = ROUTES[show] ?? ROUTES[""];
  const query = new URLSearchParams({ limit: 50 });
  if (show !== "recent" && place("severity")) query.set("severity", place("severity"));
  if (show !== "recent" && place("device")) query.set("device_id", place("device"));
  if (place("cursor")) query.set("cursor", place("cursor"));
  return `${route}${route.endsWith("?") ? "" : "&"}${query}`;
}
