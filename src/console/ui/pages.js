// The plugins' tabs, and the mirror of the page that is looked at.
import { address, newId, path, post, request } from "./api.js";
import { shortOf } from "./customers.js";
import { $, attempt, face, keep, node, rove, toast, told } from "./dom.js";
import { hearKeys } from "./keys.js";
import { mirror } from "./mirror.js";
import { choosePlugin, current, follow, model, on, page, pages, refresh } from "./model.js";
import { word } from "./words.js";

const LIT_MS = 1_500; // a tab that is looked at shows its light so long
const AGAIN_MS = 5_000; // until a mirror that was refused is asked for again

let reach = () => {};
let shown = null; // whose mirror it is
let source = null; // the mirror's stream
let hear = () => {}; // opens it
let again = 0; // the timer after which it is opened again
let notes = []; // what is wrong with the mirror
const lit = new Set(); // plugins whose light is to go out

function makeTab({ plugin }) {
  return node("button", { role: "tab", type: "button", "aria-controls": "mirror", onclick: () => look(plugin) },
    node("span", { class: "name" }, plugin), node("span", { class: "count faults" }), node("span", { class: "unseen" }));
}

function updateTab(tab, { plugin, status, notice, faults }) {
  tab.setAttribute("aria-selected", String(plugin === model.plugin));
  tab.classList.toggle("lit", notice);
  tab.classList.toggle("broken", status === "broken");
  tab.title = word(status);
  tab.children[1].textContent = faults || "";
  const said = [notice ? word("notice") : "", faults ? word("faultsCount", faults) : "", status === "open" ? "" : word(status)];
  tab.children[2].textContent = said.filter(Boolean).join(", ");
}

function look(plugin) {
  choosePlugin(plugin);
  seen();
}

// The light goes out when the page was looked at.
function seen() {
  const now = page();
  if (!now?.notice || document.hidden || !$("work").checkVisibility() || lit.has(now.plugin)) return;
  lit.add(now.plugin);
  const seatName = model.seat;
  setTimeout(async () => {
    await attempt(() => post(path("pages", seatName, now.plugin, "seen")));
    lit.delete(now.plugin);
    refresh("state");
  }, LIT_MS);
}

function show() {
  keep($("plugin-tabs"), pages(), ({ plugin }) => plugin, makeTab, updateTab);
  reach($("plugin-tabs").querySelector("[aria-selected=true]"));
  const now = page();
  $("to-page").disabled = !now;
  showMirror(now);
  seen();
}

// An empty document for a mirror, in quirks mode or not.
export const frameAddress = (base, quirks) => `${base}/frame?quirks=${quirks ? 1 : 0}`;

function close() {
  clearTimeout(again);
  again = 0;
  source?.close();
  source = null;
  notes = [];
  $("mirror").classList.remove("gone");
  $("mirror").replaceChildren();
}

// What is wrong with the page, or with its mirror.
function showNote() {
  const now = page();
  const status = !now ? "noPages" : { broken: "pageBroken", closed: "pageClosed" }[now.status];
  const text = [status, ...notes].filter(Boolean).map((name) => word(name)).join(" ");
  let note = $("mirror").querySelector(".empty");
  if (!note) $("mirror").append(note = node("p", { class: "empty", role: "status" }));
  if (note.textContent !== text) note.textContent = text;
  note.hidden = text === "";
}

function noteMirror(isGone, ...names) {
  $("mirror").classList.toggle("gone", isGone);
  notes = names;
  showNote();
}

function showMirror(now) {
  const wanted = now ? address(path("pages", model.seat, now.plugin)) : null;
  if (wanted !== shown) {
    shown = wanted;
    close();
    if (now) openMirror(now, wanted);
  } else if (source?.readyState === EventSource.CLOSED && !again && !document.hidden) hear();
  $("mirror").setAttribute("aria-label", now ? word("mirrorOf", now.plugin) : word("page"));
  showNote();
}

function openMirror({ plugin }, base) {
  const frame = node("iframe", { sandbox: "allow-same-origin", title: word("mirrorOf", plugin) });
  let viewer = 0; // as the host knows this mirror
  let turnedTo = null; // whose turn it is in what is seen
  // It is done where it is still the turn of whom the person sees.
  const act = (what) => attempt(async () => {
    try {
      await post(`${base.slice(address("").length)}/act`, { ...what, viewer, openid: turnedTo });
    } catch (error) {
      if (error.status !== 409) throw error;
      toast(word("turned"));
      refresh("state");
    }
  });
  frame.addEventListener("load", () => hearKeys(frame.contentDocument));
  const view = mirror(frame, { act, again: () => { if (shown === base) hear(); }, address: (quirks) => frameAddress(base, quirks) });
  hear = () => {
    clearTimeout(again);
    again = 0;
    source?.close();
    const mine = source = new EventSource(`${base}/mirror`);
    for (const name of ["whole", "changes"]) {
      mine.addEventListener(name, ({ data }) => {
        const looked = JSON.parse(data);
        noteMirror(false, ...(looked.cut ? ["mirrorCut"] : []));
        view.apply(looked);
      });
    }
    mine.addEventListener("viewer", ({ data }) => { viewer = Number(data); });
    mine.addEventListener("turn", ({ data }) => { turnedTo = JSON.parse(data).openid; });
    mine.addEventListener("gone", () => noteMirror(true));
    mine.addEventListener("error", () => {
      if (mine !== source) return;
      noteMirror(true, "mirrorLost");
      // Browsers come again by themselves where there was no answer.
      if (mine.readyState !== EventSource.CLOSED) return;
      again = setTimeout(() => {
        again = 0;
        if (mine === source && !document.hidden) hear();
      }, AGAIN_MS);
    });
  };
  $("mirror").append(frame);
  hear();
}

// Under `dev` as if it had been saved; else the page is told so, with the customer whose turn it is: by him it is found.
export async function reloadPage() {
  const now = page();
  if (!now) return;
  const subject = current() ?? model.chosen;
  if (model.mode !== "dev" && subject === null) return void toast(word("chooseCustomer"));
  const line = { id: newId("console"), source: "duoke console", type: "stimulus.page.reload", subject, plugin: now.plugin, data: {} };
  const act = () => (model.mode === "dev" ? post("dev/reload") : request("trigger", { line }));
  if (await attempt(act)) told(word("reloadAsked"));
}

// The way to the customer whose turn it is, where the person is at another one.
function showElsewhere() {
  const { elsewhere } = model;
  const text = elsewhere === null ? "" : word("elsewhere", shortOf(elsewhere));
  if ($("elsewhere").textContent !== text && text) told(text);
  $("elsewhere").textContent = text;
  $("elsewhere").title = elsewhere ?? "";
  $("elsewhere").hidden = elsewhere === null;
}

export function startPages() {
  $("elsewhere").addEventListener("click", () => {
    follow();
    $("own-text").focus();
  });
  reach = rove($("plugin-tabs"), "[role=tab]");
  face($("to-page"), "reload", word("reloadPage"));
  $("to-page").addEventListener("click", reloadPage);
  // Browsers have few connections to one host: a tab that is not seen keeps none for its mirror.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close();
    else show();
  });
  on("state", show);
  on("state chosen", showElsewhere);
  on("line", (line) => { if (line === "live") show(); });
  on("panel", seen);
  show();
}
