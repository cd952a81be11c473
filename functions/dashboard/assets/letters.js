// The dead letters: what they died of, the newest of them, and how they are sent again.

import { act, redrives } from "/assets/acting.js";
import { aged } from "/assets/clock.js";
import { badge, byId, element, link, number, read, show } from "/assets/elements.js";
import { pathTo, place } from "/assets/place.js";

const LIMIT = 50;

export const letters = {
  title: "Dead letters",
  every_ms: 30000,
  interest: () => ({ types: ["dead_letter"] }),
  take: () => true,
  async load() {
    const filter = Object.fromEntries(["stage", "reason"].map((name) => [name, place(name)]).filter(([, value]) => value));
    const query = new URLSearchParams({ limit: LIMIT, ...(filter.reason ? { reason: filter.reason } : filter) });
    const [causes, page] = await Promise.all([read("/dead-letters/causes"), read(`/dead-letters?${query}`)]);
    showCauses(causes.data);
    showNewest(page.data.filter((letter) => !filter.stage || letter.stage === filter.stage));
    byId("letters-note").replaceChildren(...chosen(filter));
    byId("redrive").textContent = commandOf(filter);
  },
};

function showCauses(causes) {
  const rows = causes.map((one) => [
    number(one.count),
    one.stage,
    link(pathTo({ view: "letters", stage: one.stage, reason: one.reason }), one.reason),
    one.cause ?? "unknown",
    aged(one.first_at),
    aged(one.last_at),
    redrives ? again(one) : "",
  ]);
  show("cause-rows", rows, "None: every event was handled.");
}

function showNewest(found) {
  const rows = found.map((letter) => [
    aged(letter.dead_lettered_at),
    letter.stage,
    letter.reason,
    letter.event_id,
    statusOf(letter),
  ]);
  show("letter-rows", rows, "None.");
}

function statusOf(letter) {
  if (letter.status !== "open") return badge(letter.status, "redriven");
  const asked = letter.redrive_requested;
  return asked ? badge(`asked for by ${asked.actor}`, "scheduled") : badge("open", "open-letter");
}

function again({ stage, reason }) {
  const made = element("button", "Send again");
  made.type = "button";
  made.dataset.key = `${stage} ${reason}`; // keeps the focus when the table is shown anew
  made.setAttribute("aria-label", `Send again: ${stage}, ${reason}`);
  made.addEventListener("click", async () => {
    made.disabled = true;
    byId("redrive-failure").textContent = "";
    try {
      const { requested, more } = await act("POST", "/dead-letters/redrive", { stage, reason });
      byId("redriven").textContent = told(requested, more);
    } catch (error) {
      byId("redrive-failure").textContent = error.message;
    }
    made.disabled = false;
  });
  return made;
}

function told(requested, more) {
  if (requested === 0) return "They are asked for already, and go back at the next tick.";
  const rest = more ? " There are more: ask again." : "";
  return `${number(requested)} go back at the next tick, within five minutes.${rest}`;
}

function chosen({ stage, reason }) {
  if (!stage && !reason) return [];
  return [`of ${[stage, reason].filter(Boolean).join(", ")} `, link("/?view=letters", "show all")];
}

// What a shell would take for more than a word is left out: stages and reasons come from events.
const isWord = (text) => /^[A-Za-z0-9._-]+$/.test(text);

function commandOf(filter) {
  const options = Object.entries(filter).filter(([, value]) => isWord(value));
  return ["python -m functions.dlq.redrive --dry-run", ...options.map(([name, value]) => `--${name} ${value}`)].join(" ");
}
