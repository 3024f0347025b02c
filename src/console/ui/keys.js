// The keyboard: what keys do, and the list of it.
import { $, button, node } from "./dom.js";
import { memory, model, tell } from "./model.js";
import { word } from "./words.js";

// Where keys write; the composer itself has the focus only where a field was that is gone.
const IS_TEXT = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], #composer";
let does = {}; // what other parts do

const focus = (panel, ...picks) => () => {
  tell("panel", panel);
  picks.map((pick) => document.querySelector(pick)).find(Boolean)?.focus();
};

// Single keys, where nothing is being written.
const SINGLE = {
  c: ["keyCustomers", focus("customers", "#customer-list button[tabindex='0']", "#new-customer input")],
  p: ["keyPage", focus("work", "#plugin-tabs [tabindex='0']")],
  m: ["keyComposer", () => { tell("panel", "work"); does.focusComposer(); }],
  l: ["keyLog", () => toLog()],
  f: ["keyFire", () => tell("tool", "fire")],
  d: ["keyDevelop", () => { if (model.mode === "dev") tell("tool", "develop"); }],
  r: ["keyReload", () => does.reloadPage()],
  "/": ["keySearch", () => { tell("tool", "log"); $("log-search").focus(); }],
  "?": ["keyHelp", () => showHelp()],
};

function toLog() {
  tell("tool", "log");
  $("log-rows").focus();
}

const areSingle = () => memory.get("single-keys", "on") === "on";

function onKey(event) {
  if ($("help").open) return;
  if (event.ctrlKey && event.altKey && event.code === "Digit0") {
    event.preventDefault();
    toLog();
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  // Elements of a mirrored page may hide their own methods.
  const isText = event.target.nodeType === Node.ELEMENT_NODE && Element.prototype.matches.call(event.target, IS_TEXT);
  if (isText || !areSingle()) return;
  const found = SINGLE[event.key];
  if (!found) return;
  event.preventDefault();
  found[1]();
}

// Also those of a frame that is ours.
export function hearKeys(target) { target?.addEventListener("keydown", onKey); }

const COMBINED = [["Ctrl+Enter", "keySend"], ["Ctrl+Alt+0", "keyLog"], ["Ctrl+C", "copyLine"], ["Esc", "keyClose"], ["↑ ↓ ← →", "keyArrows"]];

function showHelp() {
  const single = node("input", {
    type: "checkbox", checked: areSingle(),
    onchange: ({ target }) => memory.set("single-keys", target.checked ? "on" : "off"),
  });
  const row = ([keys, name]) => [node("dt", {}, node("kbd", {}, keys)), node("dd", {}, word(name))];
  const keys = Object.entries(SINGLE).filter(([key]) => key !== "d" || model.mode === "dev");
  $("help").replaceChildren(
    node("h2", { id: "help-name" }, word("shortcuts")),
    node("dl", {}, COMBINED.flatMap(row), keys.flatMap(([key, [name]]) => row([key, name]))),
    node("label", {}, single, " ", word("singleKeys")),
    node("p", {}, button(word("close"), () => $("help").close(), { class: "main", autofocus: true })));
  $("help").showModal();
}

export function startKeys(others) {
  does = others;
  hearKeys(document);
  $("to-help").addEventListener("click", showHelp);
  $("help").addEventListener("click", (event) => { if (event.target === $("help")) $("help").close(); });
}
