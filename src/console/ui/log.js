// The interaction log: every line of it, filtered, searched, opened.
import { detail } from "./detail.js";
import { shortOf } from "./customers.js";
import { $, button, node, options, toast, told } from "./dom.js";
import { askOlder, lineOf, lines } from "./lines.js";
import { model, on } from "./model.js";
import { Rows } from "./rows.js";
import { GROUPS, asLogLine, clock, groupOf, nameOf, stretch, summary } from "./say.js";
import { word } from "./words.js";

const ROW_PX = 24;
const MINE = "*chosen";
const CUSTOMERS_MAX = 200; // to choose from

const hiddenGroups = new Set();
let customer = "";
let plugin = "";
let search = "";
let isPaused = false;
let waiting = 0; // lines that came while it was paused
let shown = [];
let oldest = null; // first line when it was last filtered whole
let rows = null;
let box = null;

const texts = new WeakMap(); // line -> what is searched

function textOf(line) {
  if (!texts.has(line)) texts.set(line, `${line.type} ${line.subject ?? ""} ${summary(line)} ${JSON.stringify(line.data)}`.toLowerCase());
  return texts.get(line);
}

function fits(line) {
  if (hiddenGroups.has(groupOf(line.type))) return false;
  if (customer && line.subject !== (customer === MINE ? model.chosen : customer)) return false;
  if (plugin && line.plugin !== plugin) return false;
  return !search || textOf(line).includes(search);
}

// The cells of a row.
function draw(line) {
  const group = groupOf(line.type);
  return [
    node("span", { class: "time" }, clock(line.time)),
    node("span", { class: `type ${group}` }, nameOf(line.type)),
    node("span", { class: "says" }, summary(line)),
    line.took_ms === undefined ? null : node("span", { class: "took" }, stretch(line.took_ms)),
    node("span", { class: "openid", title: line.subject }, line.subject ? shortOf(line.subject) : ""),
    node("span", { class: "plugin" }, line.plugin ?? ""),
  ];
}

function filterAll() {
  shown = lines.filter(fits);
  oldest = lines[0] ?? null;
  waiting = 0;
  show();
}

function take(fresh) {
  if (isPaused) {
    waiting += fresh.length;
    showCount();
    return;
  }
  if (oldest !== (lines[0] ?? null)) return filterAll();
  const fitting = fresh.filter(fits);
  if (fitting.length > 0) {
    shown.push(...fitting);
    show();
  }
  showCount();
  showChoices();
}

function show() {
  rows.set(shown);
  box.classList.toggle("nothing", shown.length === 0);
  showCount();
}

function showCount() {
  $("log-count").textContent = shown.length === lines.length ? word("lineCount", lines.length) : word("linesOf", shown.length, lines.length);
  const pause = $("log-pause");
  pause.textContent = isPaused ? `${word("goOn")}${waiting ? ` (${waiting})` : ""}` : word("pause");
  pause.setAttribute("aria-pressed", String(isPaused));
}

function showChoices() {
  const customers = model.customers.slice(0, CUSTOMERS_MAX).map(({ openid }) => openid);
  if (customer && customer !== MINE && !customers.includes(customer)) customers.push(customer);
  options($("log-customer"), [["", word("allCustomers")], [MINE, word("chosenOnly")], ...customers.map((openid) => [openid])]);
  const plugins = new Set((model.state?.seats ?? []).flatMap(({ pages }) => pages.map((page) => page.plugin)));
  options($("log-plugin"), [["", word("allPlugins")], ...[...plugins].map((name) => [name])]);
}

function toggle(group) {
  const made = button(word(`group_${group}`), () => {
    if (!hiddenGroups.delete(group)) hiddenGroups.add(group);
    made.setAttribute("aria-pressed", String(!hiddenGroups.has(group)));
    filterAll();
  }, { class: `toggle ${group}`, "aria-pressed": "true" });
  return made;
}

function filters() {
  const onChange = (id, label, act) => ({ id, "aria-label": word(label), onchange: ({ target }) => { act(target.value); filterAll(); } });
  const searched = node("input", {
    id: "log-search", type: "search", placeholder: word("search"), "aria-label": word("search"),
    oninput: ({ target }) => { search = target.value.trim().toLowerCase(); filterAll(); },
  });
  return node("div", { class: "filters" },
    node("div", { class: "toggles", role: "group", "aria-label": word("types") }, GROUPS.map(toggle)),
    node("select", onChange("log-customer", "customer", (value) => { customer = value; })),
    node("select", onChange("log-plugin", "plugin", (value) => { plugin = value; })),
    searched,
    button("", () => { isPaused = !isPaused; if (!isPaused) filterAll(); else showCount(); }, { id: "log-pause", class: "quiet" }),
    node("span", { id: "log-count", class: "small" }));
}

// The line of an id, also where the filter hides it.
function showLine(id) {
  const line = typeof id === "number" ? lines.find(({ seq }) => seq === id) : lineOf(id);
  if (!line) return toast(word("lineGone", id));
  if (!shown.includes(line)) {
    hiddenGroups.clear();
    [customer, plugin, search, isPaused] = ["", "", "", false];
    for (const made of document.querySelectorAll("#tool-log .toggle")) made.setAttribute("aria-pressed", "true");
    for (const name of ["log-customer", "log-plugin", "log-search"]) $(name).value = "";
    filterAll();
  }
  rows.choosing(line.seq);
  rows.box.focus();
}

// A list with what is chosen beside or below it.
export function split(panel, id, label, open, more = {}) {
  const list = node("div", { id });
  const opened = node("div", { class: "detail", hidden: true });
  panel.append(node("div", { class: "split" }, list, opened));
  const close = () => {
    made.choosing(null);
    list.focus();
  };
  const choose = (line) => {
    opened.hidden = line === null;
    opened.replaceChildren(...(line ? open(line, close) : []));
    opened.scrollTop = 0;
  };
  opened.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  document.addEventListener("copy", (event) => {
    if (opened.hidden || document.activeElement !== list || !getSelection().isCollapsed) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", asLogLine(made.chosen));
    told(word("copied"));
  });
  const made = new Rows(list, { height: ROW_PX, label, draw, choose, ...more });
  return made;
}

export function startLog(panel) {
  box = panel;
  panel.append(filters());
  rows = split(panel, "log-rows", word("log"), detail, { top: askOlder });
  panel.append(node("p", { class: "empty" }, word("noLines")));
  on("lines", take);
  on("chosen", () => { if (customer === MINE) filterAll(); });
  on("customers state", showChoices);
  on("show-line", showLine);
  showChoices();
  filterAll();
}
