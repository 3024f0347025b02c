// Elements. What comes from the host becomes text, never markup.
import { word } from "./words.js";

export const $ = (id) => document.getElementById(id);

// `attributes`: names and values; `class`; `on…` a listener; true for one without a value; what is null is left out.
export function node(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function button(text, act, attributes) {
  return node("button", { type: "button", onclick: act, ...attributes }, text);
}

const SHAPES = {
  open: "M14 5h5v5M19 5l-8 8M11 6H6a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h11a1 1 0 0 0 1-1v-5",
  reload: "M19 12a7 7 0 1 1-2-5M17 3v4h-4",
  large: "M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5",
  close: "M6 6l12 12M18 6L6 18",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  shape.setAttribute("d", SHAPES[name]);
  svg.append(shape);
  return svg;
}

// An icon as a button's face; its words are for who does not see it.
export function face(made, name, label) {
  made.replaceChildren(icon(name));
  made.setAttribute("aria-label", label);
  made.title = label;
}

// One of several can be reached by Tab, the others from it by arrows, Home and End.
export function rove(box, pick) {
  const items = () => [...box.querySelectorAll(pick)].filter((item) => !item.hidden);
  box.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(event.target.closest(pick));
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    if (!(event.key in to) || (event.target.matches("input, textarea, select") && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const next = all[(to[event.key] + all.length) % all.length];
    next.focus();
    if (next.getAttribute("role") === "tab") next.click();
  });
  return (current) => {
    const all = items();
    const reached = all.includes(current) ? current : all[0];
    for (const item of all) item.tabIndex = item === reached ? 0 : -1;
  };
}

// Rows of a list by their keys: those that stay keep their elements, and with them focus and what was typed.
export function keep(list, items, keyOf, make, update) {
  const keys = new Set(items.map((item) => String(keyOf(item))));
  const focused = document.activeElement;
  const wasIn = list.contains(focused);
  for (const row of [...list.children]) if (!keys.has(row.dataset.key)) row.remove();
  const known = new Map([...list.children].map((row) => [row.dataset.key, row]));
  let place = list.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let row = known.get(key);
    if (!row) {
      row = make(item);
      row.dataset.key = key;
    }
    update?.(row, item);
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
  // What is moved loses it; with what is gone it goes to what is around, so that keys do nothing else.
  if (document.activeElement === focused) return;
  if (list.contains(focused)) focused.focus();
  else if (wasIn) list.closest("[tabindex]")?.focus();
}

// The choices of a list, `[value, label]`; what is chosen stays, also while it is open.
export function options(select, choices) {
  const { value } = select;
  keep(select, choices, ([one]) => one, ([one]) => node("option", { value: one }), (made, [one, label = one]) => {
    if (made.textContent !== label) made.textContent = label;
  });
  if (choices.some(([one]) => one === value)) select.value = value;
}

let toastTimer = 0;
// `more`: what the host said, in its own words.
export function toast(text, more = "") {
  $("toast").replaceChildren(text, more ? node("span", { class: "more", lang: "en" }, ` ${more}`) : "");
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 6_000);
}

// For who listens: what just happened.
export function told(text) { $("told").textContent = text; }

// Does something that may be refused, and says so. True: it was done.
export async function attempt(act) {
  try {
    await act();
    return true;
  } catch (error) {
    // Then the page begins anew.
    if (error.status === 401) return false;
    if (error.kind === "lost") toast(word("lost"));
    else toast(word(`kind_${error.kind}`) ?? word("kind_request"), [error.message, error.hint].filter(Boolean).join(". "));
    if (!("kind" in error)) throw error;
    return false;
  }
}

export async function copy(text) {
  await navigator.clipboard.writeText(text);
  told(word("copied"));
}
