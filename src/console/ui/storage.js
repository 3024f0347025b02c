// What the page keeps: its two storages and its cookies.
import { get, path } from "./api.js";
import { attempt, button, node } from "./dom.js";
import { model, on, page } from "./model.js";
import { word } from "./words.js";

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
  const shown = node("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": word("storage") });
  panel.append(shown);
  const load = () => attempt(async () => {
    const now = page();
    if (!now || model.tool !== "storage") return;
    const kept = await get(`${path("pages", model.seat, now.plugin)}/storage`);
    shown.replaceChildren(
      node("div", { class: "bar" }, node("b", {}, now.plugin), node("span", { class: "space" }), button(word("askAgain"), load, { class: "quiet" })),
      ...table(word("local"), Object.entries(kept.local ?? {})), ...table(word("session"), Object.entries(kept.session ?? {})),
      ...table(word("cookies"), cookies(kept.cookies)));
  });
  on("tool-shown", (name) => { if (name === "storage") load(); });
  let plugin = null;
  on("state", () => { if (plugin !== model.plugin) load(); plugin = model.plugin; });
  on("lines", (fresh) => { if (fresh.some(({ type }) => type === "effect.storage" || type === "effect.cookie")) load(); });
}
