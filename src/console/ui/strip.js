// The strip at the top: what became of the last save, of the replay, of the connection; seen at a glance.
import { $, options, told } from "./dom.js";
import { chooseSeat, model, on, tell } from "./model.js";
import { clock, stretch } from "./say.js";
import { word } from "./words.js";

let lastReload = null; // that was told
let lastReplay = null;
const news = []; // to be told

function chip(made, kind, text, title) {
  made.className = `chip ${kind}`;
  made.textContent = text;
  made.title = title || text;
  made.hidden = false;
}

// Once, so that the eye goes there.
function flash(made) {
  made.classList.remove("flash");
  made.getBoundingClientRect();
  made.classList.add("flash");
}

function showReload() {
  const made = $("reload-chip");
  const [last] = model.dev?.reloads || [];
  if (!model.dev) {
    made.hidden = true;
    return;
  }
  if (!last) {
    chip(made, "", word("watching"), watched().join("\n"));
    return;
  }
  const files = (last.files || []).join(", ");
  const fault = last.faults?.[0]?.text ?? "";
  if (last.ok) chip(made, "good", word("reloadGood", clock(last.at, false), stretch(last.took_ms)), files);
  else chip(made, "bad", word("reloadBad", clock(last.at, false), fault), `${files}\n${fault}`);
  if (lastReload !== null && lastReload !== last.at) {
    flash(made);
    news.push(made.textContent);
  }
  lastReload = last.at;
}

// The files, or the pages where the host does not say more.
export const watched = () => model.dev?.watching ?? (model.dev?.plugins || []).map(({ page }) => page);

export const openChanges = () => (model.dev?.replay?.changed || []).filter(({ ignored }) => !ignored);

function showReplay() {
  const made = $("replay-chip");
  const replay = model.dev?.replay;
  if (!replay) {
    made.hidden = true;
    lastReplay ??= "";
    return;
  }
  const text = replayText(replay);
  const isQuiet = openChanges().length === 0 && !replay.troubles?.length;
  chip(made, replay.running ? "busy" : isQuiet ? "good" : "warn", text, replay.running ? "" : stretch(replay.took_ms ?? 0));
  const now = `${lastReload} ${text}`;
  if (!replay.running && lastReplay !== null && lastReplay !== now) {
    flash(made);
    news.push(text);
  }
  if (!replay.running) lastReplay = now;
}

// `12 sessions, 1 effect changed`
export function replayText({ running, sessions, troubles }) {
  if (running) return word("replaying", sessions);
  const changed = openChanges().reduce((sum, { count }) => sum + (count ?? 1), 0);
  const parts = [word(sessions === 1 ? "session1" : "sessionsCount", sessions)];
  parts.push(changed === 0 ? word("nothingChanged") : word(changed === 1 ? "effect1" : "effectsChanged", changed));
  if (troubles?.length) parts.push(word("troublesCount", troubles.length));
  return parts.join(word("comma"));
}

function showSeats() {
  const names = model.state?.seats.map(({ name }) => name) || [];
  $("seat-choice").hidden = names.length < 2;
  options($("seat"), names.map((name) => [name]));
  $("seat").value = model.seat ?? "";
  $("mode").textContent = [word(`mode_${model.mode}`), word(model.state?.send)].filter(Boolean).join(" · ");
}

export function startStrip() {
  $("reload-chip").addEventListener("click", () => tell("tool", "develop"));
  $("replay-chip").addEventListener("click", () => tell("tool", "develop"));
  $("to-fire").addEventListener("click", () => tell("tool", "fire"));
  $("seat").addEventListener("change", () => chooseSeat($("seat").value));
  on("dev", () => {
    showReload();
    showReplay();
    if (news.length > 0) told(news.splice(0).join(". "));
  });
  on("state", showSeats);
  on("line", (line) => {
    const made = $("line-chip");
    const isLive = line === "live";
    if (made.dataset.line === line) return;
    made.dataset.line = line;
    chip(made, isLive ? "good" : "bad", word(isLive ? "live" : "lost"));
    document.body.classList.toggle("lost", !isLive);
  });
  chip($("line-chip"), "busy", word("connecting"));
}
