// The customer's phone: the sandbox's own page of it, or what is known of the conversation where WeChat has it.
import { $, keep, node } from "./dom.js";
import { lines } from "./lines.js";
import { bubble, ofEchat, ofPush } from "./messages.js";
import { model, on } from "./model.js";
import { day, reasonNode } from "./say.js";
import { isChinese, word } from "./words.js";

const SHOWN_MAX = 200;

// Only a sandbox on this machine.
function sandbox() {
  try {
    const { origin, hostname } = new URL(model.state?.sandbox ?? "");
    return ["127.0.0.1", "localhost"].includes(hostname) ? origin : null;
  } catch {
    return null;
  }
}

function showFrame(origin) {
  const box = $("phone-box");
  const source = `${origin}/?embed=1&lang=${isChinese ? "zh" : "en"}#${encodeURIComponent(model.chosen)}`;
  let frame = box.querySelector("iframe");
  if (!frame) {
    frame = node("iframe");
    box.replaceChildren(frame);
  }
  frame.title = word("phoneOf", model.chosen);
  // Another customer is another fragment: the page stays.
  if (frame.getAttribute("src") !== source) frame.src = source;
  const apart = $("phone-apart");
  apart.hidden = false;
  apart.href = `${origin}/#${encodeURIComponent(model.chosen)}`;
}

// --- without a sandbox ------------------------------------------------------------------------------------------------

function received({ type, data }) {
  if (type === "stimulus.wechat.push") return ofPush(data ?? {});
  // The calls that send such a message say it in the same names.
  const calls = ["sendTxtMsgToVisitor", "sendImageToVisitor", "sendVideoToVisitor", "sendVoiceToVisitor", "sendFileToVisitor"];
  const call = calls[data?.msgType - 1];
  return call ? ofEchat(call, [data.msgType === 1 ? data.content : data])[0] : null;
}

function entries() {
  const pushed = lines.filter(({ type, subject }) => subject === model.chosen && type === "stimulus.wechat.push");
  const told = pushed.length > 0 ? pushed
    : lines.filter(({ type, subject }) => subject === model.chosen && type === "stimulus.echat.onReceiveMsg");
  const said = told.slice(-SHOWN_MAX).map((line) => ({ key: `line ${line.seq}`, time: line.time, isHis: true, message: received(line) }));
  const sent = model.sent.map((row) => ({ key: row.key, time: row.created, isHis: false, message: row, state: row.state, reason: row.reason }));
  return [...said, ...sent].filter(({ message }) => message).sort((a, b) => Date.parse(a.time) - Date.parse(b.time)).slice(-SHOWN_MAX);
}

function makeEntry({ time, isHis, message }) {
  return node("li", { class: isHis ? "his" : "ours" }, bubble(message, message.key?.split("/").at(-2)),
    node("p", { class: "small" }, day(time), " ", node("span", { class: "delivery" })));
}

function updateEntry(row, { state, reason }) {
  const isTold = state && state !== "sent";
  row.querySelector(".delivery").replaceChildren(...(isTold ? [word(state) ?? state, " ", reasonNode(reason)] : []));
}

function showTalk() {
  const box = $("phone-box");
  $("phone-apart").hidden = true;
  let list = box.querySelector("ol");
  if (!list) {
    list = node("ol", { class: "talk", tabindex: 0, "aria-label": word("conversation") });
    box.replaceChildren(list, node("p", { class: "empty" }, word("nothingSaid")));
  }
  const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 40;
  const all = entries();
  keep(list, all, ({ key }) => key, makeEntry, updateEntry);
  list.nextElementSibling.hidden = all.length > 0;
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

function show() {
  const origin = sandbox();
  $("phone-name").textContent = model.chosen === null ? word("phone") : word(origin ? "phoneOf" : "conversationOf", model.chosen);
  if (model.chosen === null) {
    $("phone-apart").hidden = true;
    $("phone-box").replaceChildren(node("p", { class: "empty" }, word("chooseCustomer")));
    return;
  }
  if (origin) showFrame(origin);
  else if (model.state) showTalk();
}

export function startPhone() {
  on("state chosen outbox", show);
  on("lines", (fresh) => {
    if (!sandbox() && fresh.some(({ subject, type }) => subject === model.chosen && type.startsWith("stimulus."))) show();
  });
  show();
}
