// The plugins' tabs, and the mirror of the page that is looked at.
import { address, newId, path, post, request } from "./api.js";
import { $, attempt, face, keep, node, rove, told } from "./dom.js";
import { hearKeys } from "./keys.js";
import { mirror } from "./mirror.js";
import { choosePlugin, model, on, page, pages, refresh } from "./model.js";
import { word } from "./words.js";

const LIT_MS = 1_500; // a tab that is looked at shows its light so long

let reach = () => {};
let shown = null; // whose mirror it is
let source = null; // the mirror's stream
let hear = () => {}; // opens it
const lit = new Set(); // plugins whose light is to go out

function makeTab({ plugin }) {
  return node("button", { role: "tab", type: "button", "aria-controls": "mirror", onclick: () => look(plugin) },
    node("span", { class: "name" }, plugin), node("span", { class: "count faults" }), node("span", { class: "unseen" }));
}

function updateTab(tab, { plugin, status, notice, faults, title }) {
  tab.setAttribute("aria-selected", String(plugin === model.plugin));
  tab.classList.toggle("lit", notice);
  tab.classList.toggle("broken", status === "broken");
  tab.title = [title, word(status)].filter(Boolean).join(" · ");
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
  source?.close();
  source = null;
  $("mirror").replaceChildren();
}

function showMirror(now) {
  const wanted = now ? address(path("pages", model.seat, now.plugin)) : null;
  if (wanted !== shown) {
    shown = wanted;
    close();
    if (now) openMirror(now, wanted);
  } else if (source?.readyState === EventSource.CLOSED && !document.hidden) hear();
  $("mirror").setAttribute("aria-label", now ? word("mirrorOf", now.plugin) : word("page"));
  let note = $("mirror").querySelector(".empty");
  const text = !now ? word("noPages") : now.status === "open" ? "" : word(now.status === "broken" ? "pageBroken" : "pageClosed");
  if (!note) $("mirror").append(note = node("p", { class: "empty" }));
  note.textContent = text;
  note.hidden = text === "";
}

function openMirror({ plugin }, base) {
  const frame = node("iframe", { sandbox: "allow-same-origin", title: word("mirrorOf", plugin) });
  let viewer = 0; // as the host knows this mirror
  const act = (what) => attempt(() => post(`${base.slice(address("").length)}/act`, { ...what, viewer }));
  frame.addEventListener("load", () => hearKeys(frame.contentDocument));
  const view = mirror(frame, { act, again: () => { if (shown === base) hear(); }, address: (quirks) => frameAddress(base, quirks) });
  hear = () => {
    source?.close();
    source = new EventSource(`${base}/mirror`);
    for (const name of ["whole", "changes"]) {
      source.addEventListener(name, ({ data }) => {
        $("mirror").classList.remove("gone");
        view.apply(JSON.parse(data));
      });
    }
    source.addEventListener("viewer", ({ data }) => { viewer = Number(data); });
    for (const name of ["gone", "error"]) source.addEventListener(name, () => $("mirror").classList.add("gone"));
  };
  $("mirror").append(frame);
  hear();
}

// Under `dev` as if it had been saved; else the page is told so.
export async function reloadPage() {
  const now = page();
  if (!now) return;
  const line = { id: newId("console"), source: "duoke console", type: "stimulus.page.reload", plugin: now.plugin, data: {} };
  const act = () => (model.mode === "dev" ? post("dev/reload") : request("trigger", { line }));
  if (await attempt(act)) told(word("reloadAsked"));
}

export function startPages() {
  reach = rove($("plugin-tabs"), "[role=tab]");
  face($("to-page"), "reload", word("reloadPage"));
  $("to-page").addEventListener("click", reloadPage);
  // Browsers have few connections to one host: a tab that is not seen keeps none for its mirror.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close();
    else show();
  });
  on("state", show);
  on("line", (line) => { if (line === "live") show(); });
  on("panel", seen);
  show();
}
