// What the pages asked, and were answered.
import { detail, sizeOf } from "./detail.js";
import { node } from "./dom.js";
import { lines } from "./lines.js";
import { split } from "./log.js";
import { on, tell } from "./model.js";
import { bytes, clock, stretch, tookMs } from "./say.js";
import { word } from "./words.js";

const isHttp = ({ type }) => type === "world.http";

function draw(line) {
  const { request = {}, response, error } = line.data;
  const took = tookMs(line);
  const isBad = Boolean(error) || response?.status >= 400;
  return [
    node("span", { class: "time" }, clock(line.time)),
    node("span", { class: "method" }, request.method ?? "GET"),
    node("span", { class: `status ${isBad ? "bad" : ""}` }, response ? String(response.status) : error ? word("failed") : "…"),
    node("span", { class: "says address" }, request.url ?? ""),
    node("span", { class: "took" }, took === null ? "" : stretch(took)),
    node("span", { class: "took" }, response ? bytes(sizeOf(line)) : ""),
  ];
}

export function startNetwork(panel) {
  const rows = split(panel, "network-rows", word("network"), detail, { draw });
  const none = node("p", { class: "empty" }, word("noNetwork"));
  panel.append(none);
  on("lines", (fresh) => {
    if (fresh.length > 0 && !fresh.some(isHttp)) return;
    const asked = lines.filter(isHttp);
    rows.set(asked);
    none.hidden = asked.length > 0;
    tell("badge", "network", asked.length || "");
  });
}
