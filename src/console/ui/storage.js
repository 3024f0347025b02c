// What the page keeps: its two storages and its cookies.
import { get, path } from "./api.js";
import { button, node } from "./dom.js";
import { latest, model, on, page } from "./model.js";
import { word } from "./words.js";

const PAUSE_MS = 500; // between two times that the page is asked

function table(name, entries) {
  const rows = entries.map(([key, value]) => node("tr", {}, node("th", { scope: "row" }, key), node("td", {}, String(value))));
  return [node("h3", {}, name, " ", node("span", { class: "count" }, String(entries.length))),
    entries.length > 0 ? node("table", {}, node("tbody", {}, rows)) : node("p", { class: "small" }, word("nothingKept"))];
}

const cookies = (text) => (text || "").split(/;\s*/).filter(Boolean).map((pair) => {
  const at = pair.indexOf("=");
  return at < 0 ? ["", pair] : [pair.slice(0, at), pair.slice(at + 1)];
});

export function startStorage(panel) {
  const name = node("b");
  const cut = node("p", { class: "small warn", hidden: true }, word("storageCut"));
  const tables = node("div");
  let shown = null; // whose it is
  const load = latest(async () => {
    const now = page();
    if (!now || model.tool !== "storage") return;
    shown = now.plugin;
    const kept = await get(`${path("pages", model.seat, now.plugin)}/storage`);
    name.textContent = now.plugin;
    cut.hidden = !kept.cut;
    tables.replaceChildren(...table(word("local"), Object.entries(kept.local ?? {})),
      ...table(word("session"), Object.entries(kept.session ?? {})), ...table(word("cookies"), cookies(kept.cookies)));
  }, PAUSE_MS);
  panel.append(node("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": word("storage") },
    node("div", { class: "bar" }, name, node("span", { class: "space" }), button(word("askAgain"), load, { class: "quiet" })), cut, tables));
  on("tool-shown", (tool) => { if (tool === "storage") load(); });
  on("state", () => { if (shown !== model.plugin) load(); });
  on("lines", (fresh) => { if (fresh.some(({ type }) => type === "effect.storage" || type === "effect.cookie")) load(); });
}
