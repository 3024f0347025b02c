// A line that was opened: all there is of it, what led to it, what it led to, and what can be done with it.
import { attempt, button, copy, face, node } from "./dom.js";
import { fire } from "./fire.js";
import { led, lineOf } from "./lines.js";
import { bubble, ofEchat, ofPutMsg } from "./messages.js";
import { tell } from "./model.js";
import { asLogLine, bytes, groupOf, nameOf, stretch, summary, tookMs } from "./say.js";
import { word } from "./words.js";

const LED_MAX = 50;
const TEXT_MAX = 200_000; // characters of a body that are shown

export const toLine = (line) => button(`${nameOf(line.type)} ${summary(line)}`, () => tell("show-line", line.seq), { class: "link line" });

function facts(line) {
  const rows = [
    ["type", line.type], ["time", line.time && `${line.time}`], ["customer", line.subject], ["plugin", line.plugin],
    ["id", line.id], ["took", line.took_ms === undefined ? null : stretch(line.took_ms)],
  ];
  const known = rows.filter(([, value]) => value);
  return node("dl", { class: "facts" }, known.flatMap(([name, value]) => [node("dt", {}, word(name)), node("dd", {}, value)]));
}

// A code frame: the marked line stands out.
export function frame(text) {
  const rows = text.split("\n");
  const marker = rows.findIndex((row) => /^\s*\|\s*\^/.test(row));
  return node("pre", { class: "frame", tabindex: 0, role: "group", "aria-label": word("code") }, rows.map((row, index) =>
    node("span", { class: index === marker ? "marker" : index === marker - 1 ? "marked" : null }, `${row}\n`)));
}

function cut(text) { return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text; }

function pretty(value) {
  if (typeof value !== "string") return JSON.stringify(value, null, 2) ?? "";
  try { return JSON.stringify(JSON.parse(value), null, 2); } catch { return value; }
}

const block = (name, value) => [node("h3", {}, name), node("pre", {}, cut(pretty(value)))];

// --- by type ----------------------------------------------------------------------------------------------------------

function fault({ data }) {
  const place = data.url || data.file ? `${data.file || data.url}${data.line ? `:${data.line}:${data.column ?? 1}` : ""}` : "";
  return [
    node("p", { class: "fault-text" }, data.message ?? data.reason ?? data.limit ?? ""),
    place ? node("p", { class: "small" }, place) : null,
    data.frame ? frame(data.frame) : null,
    data.stack ? block(word("stack"), data.stack) : null,
    data.candidates ? block(word("candidates"), data.candidates.join("\n")) : null,
  ];
}

function headers(name, list) {
  if (!list?.length) return null;
  return node("details", {}, node("summary", {}, `${name} (${list.length})`), node("dl", { class: "facts" },
    list.flatMap(([key, value]) => [node("dt", {}, key), node("dd", {}, value)])));
}

const bodyOf = (part) => (part?.body === undefined && part?.body_base64 ? `base64 ${part.body_base64}` : part?.body);

export function sizeOf({ data }) {
  const { body, body_base64: coded } = data.response ?? {};
  return body !== undefined ? new Blob([body]).size : coded ? Math.floor(coded.length * 0.75) : 0;
}

function http(line) {
  const { request = {}, response, error } = line.data;
  const took = tookMs(line);
  return [
    node("p", { class: "fault-text address" }, `${request.method ?? "GET"} ${request.url ?? ""}`),
    node("p", { class: "small" }, [response ? `${response.status} ${response.status_text ?? ""}` : word(error ? "failed" : "underWay"),
      took === null ? null : stretch(took), response ? bytes(sizeOf(line)) : null, response?.file].filter(Boolean).join(" · ")),
    headers(word("requestHeaders"), request.headers),
    bodyOf(request) ? block(word("requestBody"), bodyOf(request)) : null,
    headers(word("answerHeaders"), response?.headers),
    bodyOf(response) ? block(word("answerBody"), bodyOf(response)) : null,
    error ? block(word("failed"), error) : null,
  ];
}

function call({ type, data, plugin }) {
  const messages = type === "effect.mcs.PutMsg" ? ofPutMsg(data.msg) : ofEchat(nameOf(type), data.arguments || []);
  const seen = messages.length === 0 ? null
    : [node("h3", {}, word("asSeen")), node("div", { class: "seen-as" }, messages.map((one) => bubble(one, plugin)))];
  const { msg, arguments: given, argument, raw, returned, result, ...rest } = data;
  return [
    seen,
    block(word("arguments"), msg ?? given ?? argument ?? raw ?? null),
    returned === undefined && result === undefined ? null : block(word("returned"), returned ?? result),
    Object.keys(rest).length > 0 ? block(word("data"), rest) : null,
  ];
}

function content(line) {
  const data = line.data ?? {};
  switch (groupOf(line.type)) {
    case "fault": return fault(line);
    case "console": return data.text === undefined ? block(word("data"), data) : node("pre", {}, cut(data.text));
    case "effect": return /^effect\.(mcs|echat)\./.test(line.type) ? call(line) : block(word("data"), data);
    default: return line.type === "world.http" ? http(line) : block(word("data"), data);
  }
}

function causeOf(line) {
  if (!line.cause) return null;
  const cause = lineOf(line.cause);
  return node("p", { class: "chain" }, node("b", {}, word("cause")), " ", cause ? toLine(cause) : line.cause);
}

function ledTo(line) {
  const after = line.type.startsWith("stimulus.") ? led(line.id) : [];
  if (after.length === 0) return null;
  return node("div", { class: "chain" }, node("b", {}, word("ledTo", after.length)),
    node("ul", {}, after.slice(0, LED_MAX).map((one) => node("li", {}, toLine(one)))));
}

export function detail(line, close) {
  const shut = button("", close, { class: "quiet square" });
  face(shut, "close", word("close"));
  const canFire = /^stimulus\.(mcs|echat|ui|wechat|page)\./.test(line.type);
  // What was cut would happen cut.
  const isCut = Boolean(line.data?.cut);
  const does = { class: "quiet", disabled: isCut, title: isCut ? word("cutNotFired") : null };
  return [
    node("div", { class: "bar" },
      button(word("copyLine"), () => attempt(() => copy(asLogLine(line))), { class: "quiet" }),
      canFire ? button(word("again"), () => fire(line), does) : null,
      canFire ? button(word("editFire"), () => { tell("tool", "fire"); tell("edit-line", line); }, does) : null,
      node("span", { class: "space" }), shut),
    isCut ? node("p", { class: "small warn" }, word("wasCut"), canFire ? ` ${word("cutNotFired")}` : null) : null,
    causeOf(line), content(line), ledTo(line), facts(line),
  ].flat(3).filter(Boolean);
}
