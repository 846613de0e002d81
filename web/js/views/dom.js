// The few things that all views need to make elements. Text only ever goes in as text.
const svg = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

/// h("p", { class: "x", onclick: f, "data-testid": "y" }, "text", child, null)
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on"))
      element.addEventListener(name.slice(2), value);
    else if (value === true)
      element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

export function icon(name, label = "") {
  const element = document.createElementNS(svg, "svg");
  const use = document.createElementNS(svg, "use");
  use.setAttribute("href", `#i-${name}`);
  element.append(use);
  if (label) {
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", label);
  } else {
    element.setAttribute("aria-hidden", "true");
  }
  return element;
}

export function initials(name) {
  const words = String(name || "?").trim().split(/[\s_]+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((w) => [...w][0] ?? "").join("").toUpperCase();
}

/// A disc with initials; the colour comes from the id, so it is the same everywhere.
export function avatar(userId, name) {
  let hash = 0x811c9dc5; // FNV-1a
  for (const c of String(userId))
    hash = Math.imul(hash ^ c.codePointAt(0), 0x01000193);
  return h("span", { class: `avatar tint-${(hash >>> 16) % 8}`, "aria-hidden": "true" }, initials(name));
}

export function setText(element, text) {
  if (element.textContent !== text)
    element.textContent = text;
}

/// Makes the children of `parent` those of `rows`, keeping every element whose key and signature are the same:
/// screen readers announce only what is added, and selections survive. `patch(element, row)` may bring an element up to
/// date in place; when it answers false, a new one is built.
export function reconcile(parent, rows, { key, signature, build, patch = () => false }) {
  const old = new Map(Array.from(parent.children, (c) => [c.dataset.key, c]));
  let place = parent.firstElementChild;
  for (const row of rows) {
    const id = key(row);
    const mark = signature(row);
    let element = old.get(id);
    old.delete(id);
    if (element && element.signature !== mark && patch(element, row))
      element.signature = mark;
    if (!element || element.signature !== mark) {
      const fresh = build(row);
      fresh.dataset.key = id;
      fresh.signature = mark;
      if (element === place && element)
        place = element.nextElementSibling;
      element?.remove();
      element = fresh;
    }
    if (element === place)
      place = place.nextElementSibling;
    else
      parent.insertBefore(element, place);
  }
  for (const gone of old.values())
    gone.remove();
}
