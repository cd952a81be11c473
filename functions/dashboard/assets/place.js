// Where the page is: its view and all that it shows are in the URL, so a link or a reload shows the same.

const watchers = [];

export const place = (name) => new URLSearchParams(location.search).get(name) ?? "";

export function pathTo(values) {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== null);
  return `/?${new URLSearchParams(given)}`;
}

// The path of this place with these values changed; an empty one is left out.
export const changed = (values) =>
  pathTo({ ...Object.fromEntries(new URLSearchParams(location.search)), ...values });

export function whenPlaceChanges(action) {
  watchers.push(action);
}

export function go(path, { replaces = false } = {}) {
  if (replaces) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  for (const action of watchers) action();
}

addEventListener("popstate", () => {
  for (const action of watchers) action();
});

// A link to another place of the page loads no new page.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.pathname !== "/" || !link.search) return;
  event.preventDefault();
  go(link.pathname + link.search);
});

// A form of filters: its fields are values of the place, and what is typed counts after a moment.
export function bindFilters(form) {
  let timer;
  const apply = () => {
    clearTimeout(timer);
    if (!form.checkValidity()) return;
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
    go(changed({ ...given, cursor: "" }), { replaces: true });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 300);
  });
}

export function fillFilters(form) {
  for (const field of form.elements) {
    if (field.name && field !== document.activeElement) field.value = place(field.name);
  }
}
