// The pipeline itself: how far windows are settled, what waits, how much is stored; the newest windows.

import { aged } from "/assets/clock.js";
import { badge, deviceLink, measured, number, read, show, showTiles, time } from "/assets/elements.js";

export const pipeline = {
  title: "Pipeline",
  every_ms: 5000,
  interest: () => ({ types: ["dead_letter"] }),
  take: () => true,
  async load() {
    const [fleet, stats, windows] = await Promise.all([read("/fleet"), read("/stats"), read("/aggregated?limit=20")]);
    showTiles("pipeline-tiles", tilesOf(fleet, stats));
    showWindows(windows.data);
  },
};

function tilesOf({ waiting, newest_reading_at: newest, aggregated_until: until }, stats) {
  return [
    ["Newest reading", newest ? aged(newest) : "–"],
    ["Windows settled until", until ? aged(until) : "–"],
    ["Batches not yet counted", number(waiting.batches), waiting.batches > 1000 ? "warn" : ""],
    ["Notices not yet delivered", number(waiting.notices), waiting.notices > 100 ? "warn" : ""],
    ["Open dead letters", number(waiting.dead_letters), waiting.dead_letters ? "bad" : "", "/?view=letters"],
    ["Readings", number(stats.telemetry_records)],
    ["Windows", number(stats.aggregated_records)],
    ["Alerts", number(stats.alerts)],
  ];
}

function showWindows(windows) {
  const rows = windows.map((window) => [
    time(window.timestamp),
    deviceLink(window.device_id),
    window.sensor_type,
    number(window.count),
    ...["average", "min", "max", "p95"].map((name) => measured(window[name], window.sensor_type)),
    badge(window.closed ? "settled" : "open", window.closed ? "closed" : ""),
  ]);
  show("window-rows", rows, "No windows yet: a window shows a second or two after its first reading.");
}
