// What operators do: sent to the routes that change something, by whoever has the scope.

const TIMEOUT_MS = 10000; // the function itself gives up after 5 s

const scopes = document.querySelector('meta[name="may"]').content.split(" ");
export const acts = scopes.includes("alerts:ack");
export const redrives = scopes.includes("dlq:redrive");

// Sends it, and tells the page to read anew. Throws an Error with the sentence that the response has.
export async function act(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { accept: "application/json", ...(body ? { "content-type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? `${path} returned ${response.status}`);
  }
  document.dispatchEvent(new Event("acted"));
  return response.json();
}

// Does `action` when the form is sent, with its fields that are filled in; says what went wrong.
export function whenSent(form, action) {
  const failure = form.querySelector('[role="alert"]');
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = [...new FormData(form)].filter(([, value]) => value.trim() !== "");
    failure.textContent = "";
    form.inert = true;
    try {
      await action(Object.fromEntries(given));
      remember(form.elements.actor.value);
    } catch (error) {
      failure.textContent = error.name === "TimeoutError" ? "No response in time." : error.message;
    } finally {
      form.inert = false;
    }
  });
  form.elements.actor.value = remembered();
}

function remembered() {
  try {
    return localStorage.getItem("actor") ?? "";
  } catch {
    return ""; // a browser may refuse storage; then the name is typed each time
  }
}

function remember(name) {
  for (const field of document.querySelectorAll('input[name="actor"]')) field.value = name;
  try {
    localStorage.setItem("actor", name);
  } catch {
    return; // as above
  }
}
