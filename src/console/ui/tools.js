// The tools: a tab each.
import { startDevelop } from "./develop.js";
import { $, node, rove } from "./dom.js";
import { startFaults } from "./faults.js";
import { startFire } from "./fire.js";
import { startLog } from "./log.js";
import { memory, model, on, tell } from "./model.js";
import { startNetwork } from "./network.js";
import { startStorage } from "./storage.js";
import { startTimeline } from "./timeline.js";
import { word } from "./words.js";

const TOOLS = {
  log: startLog, faults: startFaults, network: startNetwork, storage: startStorage, timeline: startTimeline, fire: startFire,
  develop: startDevelop,
};

function show(name) {
  model.tool = name;
  memory.set("tool", name);
  for (const tab of $("tool-tabs").children) tab.setAttribute("aria-selected", String(tab.dataset.tool === name));
  for (const panel of $("tool-panels").children) panel.hidden = panel.id !== `tool-${name}`;
  reach($(`tab-${name}`));
  $(`tab-${name}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  tell("tool-shown", name);
}

let reach = () => {};

export function startTools() {
  const names = Object.keys(TOOLS).filter((name) => name !== "develop" || model.mode === "dev");
  for (const name of names) {
    $("tool-tabs").append(node("button", {
      role: "tab", type: "button", id: `tab-${name}`, "data-tool": name, "aria-controls": `tool-${name}`, onclick: () => show(name),
    }, node("span", {}, word(name)), node("span", { class: "count" })));
    const panel = node("div", { role: "tabpanel", id: `tool-${name}`, class: "tool", "aria-labelledby": `tab-${name}` });
    $("tool-panels").append(panel);
    TOOLS[name](panel);
  }
  reach = rove($("tool-tabs"), "[role=tab]");
  on("tool", (name) => { tell("panel", "tools"); show(name); });
  on("badge", (name, text, isAlarm) => {
    const badge = $(`tab-${name}`).lastElementChild;
    badge.textContent = text;
    badge.classList.toggle("alarm", Boolean(isAlarm));
  });
  on("show-line", () => { tell("panel", "tools"); show("log"); });
  const last = memory.get("tool", "log");
  show(names.includes(last) ? last : "log");
}
