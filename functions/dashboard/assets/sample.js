// The command that sends a reading, for whoever has none yet.

import { byId } from "/assets/elements.js";

export function showSample() {
  byId("sample").textContent = `curl -X POST ${ingestUrl()}/ingest \\
  -H 'Content-Type: application/json' \\
  -d '{"device_id": "greenhouse-1", "temperature_c": 21.5, "humidity": 48}'`;
}

// Where ingest is: as the setting INGEST_URL says, or else by where this page is: local-dev's ports,
// or the names that Knative gives.
function ingestUrl() {
  const told = document.querySelector('meta[name="ingest-url"]').content;
  if (told) return told;
  const { protocol, hostname, host } = window.location;
  if (hostname.startsWith("dashboard.")) return `${protocol}//${host.replace("dashboard.", "ingest.")}`;
  return `http://${hostname}:8001`;
}
