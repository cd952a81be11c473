// The silences: whose notifications are kept back, until when, and the form that makes one.

import { act, acts, whenSent } from "/assets/acting.js";
import { byId, element, show, time } from "/assets/elements.js";

const NAMES = { device_id: "device", rule_id: "rule", severity: "level", sensor_type: "sensor" };

export function showSilences(silences) {
  byId("silences").hidden = !acts && silences.length === 0;
  const rows = silences.map((silence) => [
    Object.entries(silence.matchers)
      .map(([name, value]) => `${NAMES[name] ?? name} ${value}`)
      .join(", "),
    time(silence.from),
    time(silence.to),
    `${silence.actor}: ${silence.comment}`,
    state(silence),
  ]);
  show("silence-rows", rows, "None: everybody is told of every alert.");
}

// Opens the form for more of this alert's kind: its device and rule.
export function silenceLike(alert) {
  const form = byId("silence-form");
  form.elements.device_id.value = alert.device_id;
  form.elements.rule_id.value = alert.rule_id ?? "";
  byId("silence-new").open = true;
  form.elements.comment.focus();
}

function state(silence) {
  const cell = element("div", "", "actions");
  cell.append(element("span", silence.state, silence.state === "active" ? "badge" : `badge ${silence.state}`));
  if (!acts) return cell;
  const made = element("button", "End");
  made.type = "button";
  made.dataset.key = `end ${silence.silence_id}`;
  made.setAttribute("aria-label", `End the silence: ${silence.comment}`);
  made.addEventListener("click", () => end(silence.silence_id));
  cell.append(made);
  return cell;
}

async function end(id) {
  const actor = byId("silence-form").elements.actor.value.trim();
  try {
    await act("DELETE", `/silences/${id}${actor ? `?actor=${encodeURIComponent(actor)}` : ""}`);
  } catch (error) {
    byId("silence-form").querySelector('[role="alert"]').textContent = error.message;
    byId("silence-new").open = true;
  }
}

if (acts) {
  const form = byId("silence-form");
  byId("silence-new").hidden = false;
  whenSent(form, async ({ to, comment, actor, ...matchers }) => {
    await act("POST", "/silences", { matchers, to, comment, actor });
    for (const name of [...Object.keys(NAMES), "comment"]) form.elements[name].value = "";
    byId("silence-new").open = false;
  });
}
