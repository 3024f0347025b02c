// The composer: messages of the chosen customer that wait for a person, and what the person writes himself.
import { newId, request } from "./api.js";
import { $, attempt, button, keep, node, toast, told } from "./dom.js";
import { bubble, says } from "./messages.js";
import { model, on, refresh, tell } from "./model.js";
import { word } from "./words.js";

const KEYS_MAX = 500; // in one request
const SHOWN_MAX = 100; // messages; the others come up as these go
const SURE_MS = 4_000;

const rows = new Map(); // key -> {field, saved, acts}: a text's field, what the host has of it, what can be done with it
const drafts = new Map(); // key, or `own OPENID` -> what was written and not sent, also while another customer is chosen
const pluginOf = ({ key }) => key.split("/").at(-2) ?? null;
const isEdited = (key) => {
  const row = rows.get(key);
  return row?.field ? row.field.value !== row.saved : false;
};

function makeRow(item) {
  const { key, msgtype, cause } = item;
  const plugin = pluginOf(item);
  const field = msgtype === "text"
    ? node("textarea", {
      rows: 2, maxlength: 2_048, "aria-label": word("waitingText"), oninput: () => edited(key), onkeydown: (event) => onKey(event, key),
    })
    : null;
  const acts = field ? [
    button(word("revert"), () => revert(key), { class: "quiet revert", hidden: true }),
    button(word("save"), () => save(key), { class: "quiet save", hidden: true }),
  ] : [];
  rows.set(key, { field, saved: null, acts });
  if (field) {
    host(key, item);
    field.value = drafts.get(key) ?? field.value;
  }
  const facts = node("p", { class: "facts" },
    node("span", { class: "kind" }, word(msgtype) ?? msgtype), " ", node("span", {}, plugin), " ",
    cause ? button(word("causeOf", cause), () => tell("show-line", cause), { class: "link" }) : null,
    node("span", { class: "reason" }));
  const does = node("div", { class: "does" }, acts,
    button(word("discard"), () => discard([key]), { class: "quiet" }),
    button(word("send"), () => send([key]), { class: "main", title: word("ctrlEnter") }));
  return node("li", { "data-type": msgtype }, facts, does, field ?? bubble(item, plugin));
}

// Takes what the host has; read back, for fields have line ends of their own.
function host(key, { body }) {
  const row = rows.get(key);
  row.field.value = body.content;
  row.saved = row.field.value;
}

function updateRow(row, item) {
  const known = rows.get(item.key);
  // What is being written stays.
  if (known.field && !isEdited(item.key)) host(item.key, item);
  row.querySelector(".reason").textContent = item.reason || "";
  edited(item.key);
}

function rowNode(key) { return [...$("held").children].find((row) => row.dataset.key === key); }

function edited(key) {
  const row = rows.get(key);
  if (isEdited(key)) drafts.set(key, row.field.value);
  else drafts.delete(key);
  for (const act of row?.acts || []) act.hidden = !isEdited(key);
}

function revert(key) {
  const { field, saved } = rows.get(key);
  field.value = saved;
  edited(key);
  field.focus();
}

async function keepText(key) {
  if (!isEdited(key)) return;
  const row = rows.get(key);
  const text = row.field.value;
  await request("outbox.edit", { key, text });
  row.saved = text;
  edited(key);
}

async function save(key) {
  if (await attempt(() => keepText(key))) told(word("saved"));
  edited(key);
  rows.get(key)?.field.focus();
}

async function change(keys, how) {
  for (let at = 0; at < keys.length; at += KEYS_MAX) {
    const filter = { keys: keys.slice(at, at + KEYS_MAX) };
    const { items } = await request("outbox.change", { change: how, filter });
    const stayed = items.find(({ changed }) => !changed);
    if (stayed) toast(stayed.note || word("notChanged"));
  }
}

// What of a row, if there is one, the keyboard is to be at.
const handOf = (row) => row?.querySelector("textarea") ?? row?.querySelector("button.main") ?? $("own-text");

// The next message is at hand when these are gone; asked for before, for then their rows are.
function next(keys) {
  if (!$("composer").contains(document.activeElement)) return () => {};
  const all = [...$("held").children];
  const last = all.findLastIndex((row) => keys.includes(row.dataset.key));
  const others = all.slice(last + 1).concat(all.slice(0, Math.max(last, 0)).reverse());
  const key = others.find((row) => !keys.includes(row.dataset.key))?.dataset.key;
  return () => {
    const { activeElement } = document;
    if (activeElement === document.body || $("composer").contains(activeElement)) handOf(rowNode(key)).focus();
  };
}

async function send(keys) {
  const toNext = next(keys);
  const isDone = await attempt(async () => {
    for (const key of keys) await keepText(key);
    await change(keys, "retry");
  });
  if (isDone) {
    toNext();
    told(word("sentCount", keys.length));
  }
  refresh("outbox", "customers");
}

async function discard(keys) {
  const toNext = next(keys);
  if (await attempt(() => change(keys, "drop"))) {
    for (const key of keys) drafts.delete(key);
    toNext();
    told(word("discardedCount", keys.length));
  }
  refresh("outbox", "customers");
}

function onKey(event, key) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.stopPropagation();
    send([key]);
  } else if (event.key === "Escape" && isEdited(key)) {
    event.stopPropagation();
    revert(key);
  }
}

// Of several ones only who says it twice.
function twice(made, label, act) {
  let timer = 0;
  const reset = () => {
    clearTimeout(timer);
    timer = 0;
    made.textContent = word(label);
  };
  made.addEventListener("click", () => {
    if (timer) {
      reset();
      act();
      return;
    }
    made.textContent = word("sure", model.held.length);
    timer = setTimeout(reset, SURE_MS);
  });
}

async function sendOwn() {
  const field = $("own-text");
  const text = field.value;
  if (text.trim() === "" || model.chosen === null) return;
  const { app_id: account, server } = model.state;
  const seat = model.state.seats.find(({ name }) => name === model.seat);
  // The sandbox knows no account of the seat's.
  const agent = model.state.sandbox ? null : seat?.kf_account ?? null;
  const letter = { id: newId("console"), account, server, openid: model.chosen, kf_account: agent, content: { msgtype: "text", text } };
  await attempt(async () => {
    const { items: [row] } = await request("send", { letter });
    field.value = "";
    write();
    if (row.state === "sent") told(word("sentCount", 1));
    else toast(`${word(row.state) ?? row.state}: ${row.reason || ""}`);
  });
  refresh("outbox");
}

// What was written to this customer is kept; the field grows, where the browser does not do it by itself.
function write() {
  const { value } = $("own-text");
  $("own-text").rows = Math.min(6, value.split("\n").length);
  if (value) drafts.set(`own ${model.chosen}`, value);
  else drafts.delete(`own ${model.chosen}`);
}

// --- what did not go out ----------------------------------------------------------------------------------------------

function makeStuck({ key }) {
  const act = (name, how, done) => button(word(name), async () => {
    if (await attempt(() => change([key], how))) told(word(done, 1));
    refresh("outbox", "customers");
  }, { class: "quiet" });
  return node("li", {}, node("p", {}), act("sendAgain", "retry", "sentCount"), act("discard", "drop", "discardedCount"));
}

function updateStuck(row, item) {
  const discard = row.lastElementChild;
  discard.hidden = item.state === "dead";
  row.firstElementChild.replaceChildren(node("b", {}, word(item.state) ?? item.state), ` ${says(item)} `, node("span", { class: "small" }, item.reason || ""));
}

function show() {
  keep($("stuck"), model.stuck, ({ key }) => key, makeStuck, updateStuck);
  keep($("held"), model.held.slice(0, SHOWN_MAX), ({ key }) => key, makeRow, updateRow);
  const keys = new Set(model.held.map(({ key }) => key));
  for (const key of rows.keys()) if (!keys.has(key)) rows.delete(key);
  const count = model.held.length;
  $("held-count").textContent = count || "";
  $("send-all").hidden = $("discard-all").hidden = count < 2;
  for (const field of $("own").elements) field.disabled = model.chosen === null;
}

// Where the keyboard is nowhere else: the only message that waits, else the first of them is at hand.
export function sendWaiting() {
  if (model.held.length === 1) send([model.held[0].key]);
  else focusComposer();
}

export function focusComposer() { handOf($("held").firstElementChild).focus(); }

export function startComposer() {
  twice($("send-all"), "sendAll", () => send(model.held.map(({ key }) => key)));
  twice($("discard-all"), "discardAll", () => discard(model.held.map(({ key }) => key)));
  $("held").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const row = event.target.closest("li");
    if (row) onKey(event, row.dataset.key);
  });
  $("own").addEventListener("submit", (event) => { event.preventDefault(); sendOwn(); });
  $("own-text").addEventListener("input", write);
  $("own-text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    sendOwn();
  });
  on("outbox", show);
  on("chosen", () => {
    $("own-text").value = drafts.get(`own ${model.chosen}`) ?? "";
    write();
    show();
  });
  show();
}
