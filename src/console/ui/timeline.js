// The turns of the pages: how long each took, what came of it, and the document at its end.
import { address, get, path } from "./api.js";
import { toLine } from "./detail.js";
import { difference, shownLines } from "./diff.js";
import { attempt, button, keep, node } from "./dom.js";
import { led, lines } from "./lines.js";
import { mirror } from "./mirror.js";
import { latest, model, on } from "./model.js";
import { frameAddress } from "./pages.js";
import { clock, nameOf, stretch, summary } from "./say.js";
import { word } from "./words.js";

const TURNS_MAX = 400;
const HEIGHT_PX = 64;
const SLOW_MS = 50;

let bars = null;
let told = null;
let chosen = null; // seq
let turns = [];

// Of 0.1 ms to 10 s by tenths and tens.
const height = (ms) => Math.max(3, Math.min(1, (Math.log10(Math.max(ms, 0.1)) + 1) / 5) * HEIGHT_PX);

function bar(line) {
  const made = node("div", { role: "option", id: `turn-${line.seq}`, "data-seq": line.seq, "aria-label": label(line), title: label(line) }, node("span"));
  made.firstChild.style.height = `${height(line.took_ms)}px`;
  return made;
}

function updateBar(made, { id, seq, took_ms: took }, causes) {
  made.className = `turn ${causes.has(id) ? "fault" : took >= SLOW_MS ? "slow" : ""}`;
  made.setAttribute("aria-selected", String(seq === chosen));
}

const label = (line) => `${clock(line.time)} ${nameOf(line.type)} ${summary(line)}, ${stretch(line.took_ms)}`;

function show() {
  turns = lines.filter(({ type, took_ms: ms }) => ms !== undefined && type.startsWith("stimulus.")).slice(-TURNS_MAX);
  const causes = new Set(lines.filter(({ type }) => type.startsWith("fault.")).map(({ cause }) => cause));
  const isAtEnd = bars.scrollLeft + bars.clientWidth >= bars.scrollWidth - 20;
  keep(bars, turns, ({ seq }) => seq, bar, (made, line) => updateBar(made, line, causes));
  bars.hidden = turns.length === 0;
  if (isAtEnd) bars.scrollLeft = bars.scrollWidth;
  if (chosen === null) told.replaceChildren(node("p", { class: "empty" }, word(turns.length > 0 ? "chooseTurn" : "noTurns")));
}

function choose(line) {
  chosen = line.seq;
  for (const made of bars.children) made.setAttribute("aria-selected", String(Number(made.dataset.seq) === chosen));
  const made = bars.querySelector(`[data-seq="${chosen}"]`);
  made?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (made) bars.setAttribute("aria-activedescendant", made.id);
  const after = led(line.id);
  const box = node("div", { class: "document" });
  told.replaceChildren(
    node("p", { class: "chain" }, toLine(line), node("span", { class: "small" }, ` ${stretch(line.took_ms)}`)),
    node("ul", { class: "chain" }, after.slice(0, 20).map((one) => node("li", {}, toLine(one)))),
    box);
  if (model.mode !== "dev") return;
  box.append(node("p", { class: "small" }, word("replayingTurn")));
  askDocument(line, box);
}

// One replay at a time; of turns that were passed over meanwhile there is none.
const askDocument = latest(async (line, box) => {
  if (chosen !== line.seq) return;
  try {
    const { html, whole } = await documentAfter(line);
    if (chosen === line.seq) showDocument(line, box, html, whole);
  } catch (error) {
    box.replaceChildren();
    throw error;
  }
});

const documentAfter = (line) => get(`${path("dev", "turns", String(line.seq))}/document`);

// What cannot be shown as a mirror shows it is shown as text only.
function showDocument(line, box, html, whole) {
  const looks = { changesThen: node("pre", { class: "diff" }), source: node("pre", {}, html) };
  if (whole) looks.documentThen = mirrored(line, whole);
  const names = ["documentThen", "changesThen", "source"].filter((name) => looks[name]);
  const ways = names.map((name) => button(word(name), () => look(name), { class: "toggle", "data-look": name }));
  const look = (name) => {
    for (const one of names) looks[one].hidden = one !== name;
    for (const made of ways) made.setAttribute("aria-pressed", String(made.dataset.look === name));
    if (name === "changesThen" && !looks.changesThen.firstChild) showChanges(line, html, looks.changesThen);
  };
  box.replaceChildren(node("div", { class: "bar", role: "group", "aria-label": word("documentThen") }, ways), ...names.map((name) => looks[name]));
  if (whole?.cut) box.append(node("p", { class: "small warn" }, word("mirrorCut")));
  look(whole ? "documentThen" : "source");
}

// Against the document after the turn before, of the same page.
async function showChanges(line, html, box) {
  const isBefore = ({ seq, plugin, seat }) => seq < line.seq && plugin === line.plugin && seat === line.seat;
  const before = turns.findLast(isBefore);
  if (!before) {
    box.textContent = word("noTurnBefore");
    return;
  }
  box.textContent = word("replayingTurn");
  const isThere = await attempt(async () => {
    const lines = difference((await documentAfter(before)).html, html);
    box.replaceChildren(...shownLines(lines));
    if (lines.length === 0) box.textContent = word("nothingChanged");
  });
  if (!isThere) box.replaceChildren();
}

// As the mirror shows it, with its styles; nothing in it does anything.
function mirrored(line, whole) {
  const base = address(path("pages", line.seat ?? model.seat, line.plugin ?? model.plugin));
  const frame = node("iframe", { sandbox: "allow-same-origin", title: word("documentThen") });
  const view = mirror(frame, { act: () => {}, again: () => view.apply(whole), address: (quirks) => frameAddress(base, quirks) });
  view.apply(whole);
  return frame;
}

function onKey(event) {
  const at = turns.findIndex(({ seq }) => seq === chosen);
  const to = { ArrowRight: at + 1, ArrowLeft: at < 0 ? turns.length - 1 : at - 1, Home: 0, End: turns.length - 1 }[event.key];
  if (to === undefined || turns.length === 0) return;
  event.preventDefault();
  choose(turns[Math.max(0, Math.min(to, turns.length - 1))]);
}

export function startTimeline(panel) {
  bars = node("div", { class: "turns", role: "listbox", tabindex: 0, "aria-orientation": "horizontal", "aria-label": word("timeline"), onkeydown: onKey });
  bars.addEventListener("click", (event) => {
    const made = event.target.closest("[role=option]");
    const line = made && turns.find(({ seq }) => seq === Number(made.dataset.seq));
    if (line) choose(line);
  });
  told = node("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": word("turn") });
  panel.append(bars, told);
  on("lines", () => { if (model.tool === "timeline") show(); });
  on("tool-shown", (name) => { if (name === "timeline") show(); });
  show();
}
