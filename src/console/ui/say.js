// Lines of the log in words: their group, their name, what they say in one line.
import { node } from "./dom.js";
import { word } from "./words.js";
import { ofPutMsg, ofEchat, says } from "./messages.js";

export const GROUPS = ["stimulus", "effect", "fault", "console", "world", "delivery", "dev"];
export const groupOf = (type) => type.slice(0, type.indexOf(".")) || type;

// Without the group, and of plugin calls without the API: `PutMsg`, `click`, `uncaught`.
export const nameOf = (type) => type.split(".").slice(1).join(".").replace(/^(?:mcs|echat|ui|wechat)\./, "");

export function clock(time, withMs = true) {
  if (!time) return "";
  const then = new Date(time);
  const two = (number) => String(number).padStart(2, "0");
  const text = `${two(then.getHours())}:${two(then.getMinutes())}:${two(then.getSeconds())}`;
  return withMs ? `${text}.${String(then.getMilliseconds()).padStart(3, "0")}` : text;
}

export function day(time) {
  const then = new Date(time);
  const date = then.toLocaleDateString(document.documentElement.lang, { month: "short", day: "numeric" });
  return `${date} ${clock(time, false).slice(0, 5)}`;
}

// A stretch of time: `31 ms`, `4.2 s`, `3 min`, `7 h`, `2 d`.
export function stretch(ms) {
  if (ms < 10 && !Number.isInteger(ms)) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return word("seconds", (ms / 1_000).toFixed(1));
  if (ms < 3_600_000) return word("minutes", Math.round(ms / 60_000));
  if (ms < 172_800_000) return word("hours", Math.round(ms / 3_600_000));
  return word("days", Math.round(ms / 86_400_000));
}

export function bytes(count) {
  if (count < 1_024) return `${count} B`;
  return count < 1_048_576 ? `${(count / 1_024).toFixed(1)} KB` : `${(count / 1_048_576).toFixed(1)} MB`;
}

export function tookMs({ data }) {
  const [started, finished] = [Date.parse(data.started), Date.parse(data.finished)];
  return Number.isFinite(finished - started) ? finished - started : null;
}

const CUT = 300; // characters of one line
const short = (value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  return text.length > CUT ? `${text.slice(0, CUT)}…` : text;
};
const flat = (parts) => parts.filter((part) => part !== null && part !== undefined && part !== "").map(short).join(" · ");

const CHAT_STATUS = ["chatNone", "chatStarted", "chatEnded"];
const KINDS = { 2: "image", 3: "video", 4: "voice", 5: "file" };
const RECEIVED = { 1: "content", 2: "sourceImg", 3: "fileUrl", 4: "fileUrl", 5: "fileName" };

function stimulus(name, data, subject) {
  if (name.startsWith("ui.")) return flat([data.selector, data.value === undefined ? null : JSON.stringify(data.value)]);
  switch (name) {
    case "mcs.OnUserChange": return data.useraccount || data.userid || subject || "";
    case "mcs.OnMapMsgClick": return flat([data.location, `${data.latitude}, ${data.longitude}`]);
    case "echat.onSelectVisitor": return flat([word(CHAT_STATUS[data.chatStatus] || "chatNone"), data.visitorData?.visitorId]);
    case "echat.onReceiveMsg":
    case "mcs.OnReceiveMsg": return flat([word(KINDS[data.msgType]), data[RECEIVED[data.msgType]] || data.fileUrl || data.smallImg]);
    case "echat.onCrmUpdate": {
      const { visitorId, ...rest } = data;
      return flat(Object.entries(rest).filter(([, value]) => value !== "").map(([key, value]) => `${key} ${value}`));
    }
    case "wechat.push": return flat([data.MsgType === "event" ? data.Event : data.MsgType, data.Content ?? data.Label ?? data.EventKey]);
    case "page.reload":
    case "tab.activate": return "";
    default: return short(data ?? "");
  }
}

function call(name, data) {
  const messages = name === "mcs.PutMsg" ? ofPutMsg(data.msg) : ofEchat(name.slice("echat.".length), data.arguments || []);
  const what = messages.length > 0 ? messages.map(says) : data.arguments ? data.arguments.map(short) : [data.raw];
  const outcome = data.outcome === "accepted" ? null : word(data.outcome) ?? data.outcome;
  return flat([outcome, data.late ? word("late") : null, ...what, data.reason]);
}

function effect(name, data) {
  if (name === "mcs.PutMsg" || name.startsWith("echat.")) return call(name, data);
  switch (name) {
    case "mcs.Notice": return short(data.argument);
    case "navigate":
    case "open": return flat([data.kind ?? data.target, data.url]);
    case "title": return short(data.title);
    case "cookie": return short(data.cookie);
    default: return flat([data.area, data.action, data.key === undefined ? null : `${data.key} = ${short(data.value ?? "")}`]);
  }
}

function http(line) {
  const { request = {}, response, error } = line.data;
  const took = tookMs(line);
  const end = response ? String(response.status) : error ? word("failed") : word("underWay");
  return flat([`${request.method ?? ""} ${end}`, request.url, took === null ? null : stretch(took)]);
}

// One line, without its type and without who it is about.
export function summary(line) {
  const { type, subject } = line;
  const data = line.data ?? {};
  const name = type.slice(type.indexOf(".") + 1);
  switch (groupOf(type)) {
    case "stimulus": return stimulus(name, data, subject);
    case "effect": return effect(name, data);
    case "fault": return short(data.message ?? data.reason ?? data.limit ?? data);
    case "console": return short(data.text ?? data);
    case "delivery": return flat([data.msgtype ?? data.messages?.[0]?.msgtype, data.errcode, data.reason, data.key]);
    case "dev":
      if (data.text) return short(data.text);
      return name === "reload"
        ? flat([data.ok ? word("reloaded") : word("reloadFailed"), (data.files || []).join(", "), stretch(data.took_ms ?? 0)])
        : flat([word("sessionsCount", data.sessions ?? 0), word("changedCount", data.changed?.length ?? data.changed ?? 0)]);
    default:
      if (type === "world.http") return http(line);
      if (type === "world.dialog") return flat([data.kind, data.text ?? data.message, JSON.stringify(data.answer)]);
      return short(data);
  }
}

// Reasons of the host's that are known, in the page's language.
const REASONS = [
  [/^the page had been told another customer$/, "reason_late"],
  [/^the plugin is in review mode$/, "reason_review"],
  [/^waits behind /, "reason_behind"],
  [/^dropped by a person/, "reason_dropped"],
  [/^the host ended while it was sent/, "reason_interrupted"],
  [/^the user left the account /, "reason_left"],
  [/^the .* after the user's last .* ended at |^WeChat said at .* is over /, "reason_ended"],
  [/^the \d+ messages? that the user's last |^WeChat said at .* as many messages /, "reason_used"],
  [/^no page.* is open that is told of such things$/, "why_no_page"],
  [/^an event with the id .* was handled before$/, "why_before"],
  [/^the page died too often/, "why_died"],
  [/^no page is turned to the visitor /, "why_not_turned"],
];

export const reason = (text) => word(REASONS.find(([known]) => known.test(text ?? ""))?.[1] ?? "");

// A reason, with the host's own words behind it.
export function reasonNode(text) {
  const known = reason(text);
  return node("span", { class: "reason", title: known ? text : null, lang: text && !known ? "en" : null }, known ?? text ?? "");
}

// The line as a session log has it: what only the console knows is left out.
export function asLogLine(line) {
  const { took_ms: _, ...rest } = line;
  return JSON.stringify(rest);
}
