// Development: what became of saves, what the recordings say of them, and recording.
import { post } from "./api.js";
import { frame } from "./detail.js";
import { shownLines } from "./diff.js";
import { $, attempt, button, keep, node, told } from "./dom.js";
import { latest, model, on, refresh, tell } from "./model.js";
import { reloadPage } from "./pages.js";
import { clock, nameOf, stretch, summary } from "./say.js";
import { openChanges, replayText, watched } from "./strip.js";
import { word } from "./words.js";

const RELOADS_SHOWN = 20;
const COUNT_MS = 500; // between two times that is asked for the number of events

function reloadNode({ at, files, took_ms: took, ok, faults }, isLast) {
  const head = node("p", { class: `reload ${ok ? "good" : "bad"}` }, node("span", { class: "time" }, clock(at, false)), " ",
    node("b", {}, word(ok ? "reloaded" : "reloadFailed")), ` ${(files || []).join(", ")} `, node("span", { class: "small" }, stretch(took)));
  const found = (faults || []).map(({ text, frame: code }) => node("div", {}, node("p", { class: "fault-text" }, text), code ? frame(code) : null));
  return node("div", {}, head, !ok && isLast ? node("p", { class: "small" }, word("oldRuns")) : null, isLast ? found : null);
}

// A conversation: messages, or the text of it.
function talk(label, messages) {
  if (typeof messages === "string") return node("div", {}, node("h4", {}, label), node("pre", {}, messages));
  const rows = (messages || []).map(({ from, text }) => node("li", { class: from === "customer" ? "his" : "ours" }, node("div", { class: "bubble" }, text)));
  return node("div", {}, node("h4", {}, label), rows.length > 0 ? node("ol", { class: "talk" }, rows) : node("p", { class: "small" }, word("nothingSent")));
}

async function decide(what, { session, plugin }) {
  if (await attempt(() => post(`dev/${what}`, { session, plugin }))) told(word(what === "accept" ? "accepted" : "ignoredNow", session));
  refresh("dev");
}

// The stimulus that led to it, in words.
const led = (stimulus) => (stimulus?.type ? `${nameOf(stimulus.type)} ${summary(stimulus)}` : stimulus);

function makeChange(change) {
  return node("article", { class: "change", "aria-label": change.session },
    node("div", { class: "bar" }, node("h4", {}, change.session), node("span", { class: "small" }, change.plugin ?? ""), node("span", { class: "space" }),
      node("span", { class: "small" })),
    node("p", { class: "small" }), node("div", { class: "compare" }),
    node("details", {}, node("summary", {}, word("diff")), node("pre", { class: "diff" }), node("div")));
}

function updateChange(made, change) {
  const { session, plugin, count, what, stimulus, cause, frame: code, diff, before, after, ignored, updated } = change;
  const choice = (name, kind) => button(word(name), () => decide(name, { session, plugin }), { class: kind, title: word(`${name}Why`) });
  const [bar, says, compare, more] = made.children;
  const [, , , note, ...does] = bar.children;
  const isOpen = !ignored && !updated;
  made.classList.toggle("ignored", ignored);
  // The session so far has what the page does now: nothing is to be decided.
  note.textContent = ignored ? word("ignored") : updated ? word("updatedNow") : "";
  if (!isOpen) for (const one of does) one.remove();
  else if (does.length === 0) bar.append(choice("accept", "main"), choice("ignore", "quiet"));
  says.textContent = [word(count === 1 ? "effect1" : "effectsChanged", count), what, led(stimulus), cause].filter(Boolean).join(" · ");
  compare.replaceChildren(talk(word("before"), before), talk(word("after"), after));
  more.hidden = !diff;
  // What is looked at stays.
  if (made.dataset.diff === diff) return;
  made.dataset.diff = diff ?? "";
  const [, lines, place] = more.children;
  lines.replaceChildren(...shownLines((diff ?? "").split("\n")));
  place.replaceChildren(code ? frame(code) : "");
}

function showReplay(replay) {
  const changed = (replay?.changed || []).toSorted((a, b) => Boolean(a.ignored) - Boolean(b.ignored));
  $("develop-summary").replaceChildren(...(replay
    ? [node("b", {}, replayText(replay)), node("span", { class: "small" }, replay.running ? "" : ` ${stretch(replay.took_ms ?? 0)}`)]
    : [node("span", { class: "small" }, word("noReplay"))]));
  keep($("develop-changes"), changed, ({ session, plugin }) => `${session} ${plugin}`, makeChange, updateChange);
  $("develop-troubles").replaceChildren(...(replay?.troubles || []).map(({ session, text: why }) =>
    node("p", { class: "reload bad" }, node("b", {}, session), node("span", { lang: "en" }, ` ${why}`))));
}

// --- recording --------------------------------------------------------------------------------------------------------

let isRecording = false; // from a beginning that the person chose
let isNaming = false;

function showRecorder() {
  const stimuli = model.dev?.recording?.stimuli ?? 0;
  $("develop-session").textContent = word(isRecording ? "recordingNow" : "sessionSoFar", stimuli);
  $("develop-session").classList.toggle("recording", isRecording);
  $("record-does").hidden = isNaming;
  $("record-begin").textContent = word(isRecording ? "recordAgain" : "recordBegin");
  $("record-stop").textContent = word(isRecording ? "recordStop" : "recordSave");
  $("record-stop").classList.toggle("main", isRecording);
  $("record-stop").disabled = stimuli === 0;
  $("record").hidden = !isNaming;
}

async function beginRecording() {
  if (!await attempt(() => post("dev/restart"))) return;
  isRecording = true;
  told(word("restarted"));
  $("recorded").replaceChildren();
  refresh("dev");
  showRecorder();
}

function naming(is) {
  isNaming = is;
  showRecorder();
  (is ? $("record-name") : $("record-stop").disabled ? $("record-begin") : $("record-stop")).focus();
}

async function record(event) {
  event.preventDefault();
  const field = $("record-name");
  await attempt(async () => {
    const { path, stimuli, saved = [{ path, stimuli }] } = await post("dev/record", { name: field.value });
    $("recorded").replaceChildren(...saved.map((one) => node("p", {}, word("recordedAs", one.path, one.stimuli))));
    field.value = "";
    isRecording = false;
    naming(false);
  });
  refresh("dev");
}

function recorder() {
  return [
    node("p", { id: "develop-session" }),
    node("div", { id: "record-does", class: "bar" },
      button("", beginRecording, { id: "record-begin", title: word("restartWhy") }), button("", () => naming(true), { id: "record-stop" })),
    node("form", { id: "record", autocomplete: "off", hidden: true, onsubmit: record },
      node("label", { for: "record-name" }, word("recordName")),
      node("input", { id: "record-name", name: "name", required: true, maxlength: 80, pattern: "[^\\/\\\\.\\-][^\\/\\\\]*" }),
      node("button", { class: "main" }, word("saveTest")), button(word("goOnRecording"), () => naming(false), { class: "quiet" })),
    node("div", { id: "recorded", class: "small", role: "status" }),
  ];
}

function show() {
  const { dev } = model;
  if (!dev) return;
  const [last, ...others] = dev.reloads || [];
  keep($("develop-last"), last ? [last] : [], ({ at }) => at, (one) => reloadNode(one, true));
  $("develop-none").hidden = Boolean(last);
  $("develop-reloads").replaceChildren(...others.slice(0, RELOADS_SHOWN).map((one) => reloadNode(one, false)));
  showReplay(dev.replay);
  $("develop-watching").replaceChildren(...watched().map((file) => node("li", {}, file)));
  showRecorder();
  const open = openChanges().length;
  const isBad = last && !last.ok;
  tell("badge", "develop", isBad ? "!" : open || "", isBad);
}

export function startDevelop(panel) {
  const part = (name, ...children) => node("section", { "aria-label": word(name), tabindex: -1 }, node("h3", {}, word(name)), children);
  panel.append(node("div", { class: "scroll" },
    part("lastSave", node("div", { id: "develop-last" }), node("p", { id: "develop-none", class: "small" }, word("noReload"))),
    part("replay", node("p", { id: "develop-summary" }), node("div", { id: "develop-changes" }), node("div", { id: "develop-troubles" })),
    part("recordingPart", ...recorder()),
    part("saves", node("div", { class: "bar" }, button(word("reloadNow"), reloadPage)), node("div", { id: "develop-reloads" }),
      node("details", {}, node("summary", {}, word("watched")), node("ul", { id: "develop-watching" })))));
  on("dev", show);
  // How many events there are is not told by itself.
  const count = latest(() => refresh("dev"), COUNT_MS);
  on("lines", (fresh) => { if (model.tool === "develop" && fresh.some(({ type }) => type.startsWith("stimulus."))) count(); });
  on("tool-shown", (name) => { if (name === "develop") count(); });
}
