// Development: what became of saves, what the recordings say of them, and recording.
import { post } from "./api.js";
import { frame } from "./detail.js";
import { $, attempt, button, node, told } from "./dom.js";
import { model, on, refresh, tell } from "./model.js";
import { reloadPage } from "./pages.js";
import { clock, nameOf, stretch, summary } from "./say.js";
import { openChanges, replayText, watched } from "./strip.js";
import { word } from "./words.js";

const RELOADS_SHOWN = 20;

function reloadNode({ at, files, took_ms: took, ok, faults }, isLast) {
  const head = node("p", { class: `reload ${ok ? "good" : "bad"}` }, node("span", { class: "time" }, clock(at, false)), " ",
    node("b", {}, word(ok ? "reloaded" : "reloadFailed")), ` ${(files || []).join(", ")} `, node("span", { class: "small" }, stretch(took)));
  const found = (faults || []).map(({ text, frame: code }) => node("div", {}, node("p", { class: "fault-text" }, text), code ? frame(code) : null));
  return node("div", {}, head, !ok && isLast ? node("p", { class: "small" }, word("oldRuns")) : null, isLast ? found : null);
}

// A unified diff, its lines by their first character.
function diff(text) {
  const kind = (row) => (row.startsWith("+") ? "added" : row.startsWith("-") ? "gone" : row.startsWith("@") ? "place" : null);
  return node("pre", { class: "diff" }, text.split("\n").map((row) => node("span", { class: kind(row) }, `${row}\n`)));
}

// A conversation: messages, or the text of it.
function talk(label, messages) {
  if (typeof messages === "string") return node("div", {}, node("h4", {}, label), node("pre", {}, messages));
  const rows = (messages || []).map(({ from, text }) => node("li", { class: from === "customer" ? "his" : "ours" }, node("div", { class: "bubble" }, text)));
  return node("div", {}, node("h4", {}, label), rows.length > 0 ? node("ol", { class: "talk" }, rows) : node("p", { class: "small" }, word("nothingSent")));
}

async function decide(what, session) {
  if (await attempt(() => post(`dev/${what}`, { session }))) told(word(what === "accept" ? "accepted" : "ignoredNow", session));
  refresh("dev");
  $("tool-develop").querySelector("button.main, h3")?.focus();
}

// The stimulus that led to it, in words.
const led = (stimulus) => (stimulus?.type ? `${nameOf(stimulus.type)} ${summary(stimulus)}` : stimulus);

function changeNode({ session, plugin, count, what, stimulus, cause, frame: code, diff: text, before, after, ignored }) {
  const does = ignored ? node("span", { class: "small" }, word("ignored")) : [
    button(word("accept"), () => decide("accept", session), { class: "main", title: word("acceptWhy") }),
    button(word("ignore"), () => decide("ignore", session), { class: "quiet", title: word("ignoreWhy") })];
  return node("article", { class: ignored ? "change ignored" : "change", "aria-label": session },
    node("div", { class: "bar" }, node("h4", {}, session), node("span", { class: "small" }, plugin ?? ""), node("span", { class: "space" }), does),
    node("p", { class: "small" }, [word(count === 1 ? "effect1" : "effectsChanged", count), what, led(stimulus), cause].filter(Boolean).join(" · ")),
    node("div", { class: "compare" }, talk(word("before"), before), talk(word("after"), after)),
    text ? node("details", {}, node("summary", {}, word("diff")), diff(text), code ? frame(code) : null) : null);
}

function replayNodes(replay) {
  if (!replay) return [node("p", { class: "small" }, word("noReplay"))];
  const changed = replay.changed || [];
  const open = openChanges();
  return [
    node("p", {}, node("b", {}, replayText(replay)), node("span", { class: "small" }, replay.running ? "" : ` ${stretch(replay.took_ms ?? 0)}`)),
    ...open.map(changeNode), ...changed.filter(({ ignored }) => ignored).map(changeNode),
    ...(replay.troubles || []).map(({ session, text: why }) => node("p", { class: "reload bad" }, node("b", {}, session), ` ${why}`)),
  ];
}

function recorder() {
  return node("form", { id: "record", autocomplete: "off", onsubmit: record },
    node("label", { for: "record-name" }, word("recordName")),
    node("input", { id: "record-name", name: "name", required: true, maxlength: 80, pattern: "[^\\/\\\\.][^\\/\\\\]*" }),
    node("button", { class: "main" }, word("saveTest")),
    button(word("restart"), async () => {
      if (await attempt(() => post("dev/restart"))) told(word("restarted"));
    }, { class: "quiet", title: word("restartWhy") }));
}

async function record(event) {
  event.preventDefault();
  const field = event.target.elements.name;
  await attempt(async () => {
    const { path, stimuli } = await post("dev/record", { name: field.value });
    field.value = "";
    $("recorded").textContent = word("recordedAs", path, stimuli);
  });
  refresh("dev");
}

function show() {
  const { dev } = model;
  if (!dev) return;
  const reloads = dev.reloads || [];
  $("develop-last").replaceChildren(reloads[0] ? reloadNode(reloads[0], true) : node("p", { class: "small" }, word("noReload")));
  $("develop-reloads").replaceChildren(...reloads.slice(1, RELOADS_SHOWN).map((one) => reloadNode(one, false)));
  $("develop-replay").replaceChildren(...replayNodes(dev.replay));
  $("develop-watching").replaceChildren(...watched().map((file) => node("li", {}, file)));
  $("develop-session").textContent = dev.recording ? word(dev.recording.full ? "sessionFull" : "sessionSoFar", dev.recording.stimuli) : "";
  const open = openChanges().length;
  const isBad = reloads[0] && !reloads[0].ok;
  tell("badge", "develop", isBad ? "!" : open || "", isBad);
}

export function startDevelop(panel) {
  const part = (name, ...children) => node("section", { "aria-label": word(name) }, node("h3", { tabindex: -1 }, word(name)), children);
  panel.append(node("div", { class: "scroll" },
    part("lastSave", node("div", { id: "develop-last" })),
    part("replay", node("div", { id: "develop-replay" })),
    part("recordingPart", node("p", { id: "develop-session", class: "small" }), recorder(), node("p", { id: "recorded", class: "small", role: "status" })),
    part("saves", node("div", { class: "bar" }, button(word("reloadNow"), reloadPage)), node("div", { id: "develop-reloads" }),
      node("details", {}, node("summary", {}, word("watched")), node("ul", { id: "develop-watching" })))));
  on("dev", show);
}
