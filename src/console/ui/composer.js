// The composer: messages of the chosen customer that wait for a person, and what the person writes himself.
import { newId, request } from "./api.js";
import { $, attempt, button, keep, node, toast, told } from "./dom.js";
import { openidNode } from "./customers.js";
import { bubble, says } from "./messages.js";
import { draftOf, hasDraft, keepDraft, model, on, refresh, tell } from "./model.js";
import { reasonNode } from "./say.js";
import { word } from "./words.js";

const KEYS_MAX = 500; // in one request
const SHOWN_MAX = 100; // messages; the others come up as these go
const SURE_MS = 4_000;
const TEXT_MAX = 2_048; // characters of a message

// key -> {key, openid, field, saved, acts}: a text's field, what the host has of it, what can be done with it
const rows = new Map();
const sending = new Set(); // keys, and the customers that something of one's own is on the way to
const pluginOf = ({ key }) => key.split("/").at(-2) ?? null;
const isEdited = (row) => Boolean(row?.field) && row.field.value !== row.saved;

function makeRow(item) {
  const { key, msgtype, cause } = item;
  const plugin = pluginOf(item);
  const row = { key, openid: model.chosen, field: null, saved: null, acts: [] };
  if (msgtype === "text") {
    row.field = node("textarea", {
      rows: 2, maxlength: TEXT_MAX, "aria-label": word("waitingText"), oninput: () => edited(row), onkeydown: (event) => onKey(event, row),
    });
    row.acts = [
      button(word("revert"), () => revert(row), { class: "quiet revert", hidden: true }),
      button(word("save"), () => save(row), { class: "quiet save", hidden: true }),
    ];
    host(row, item);
    // What was written to another text than the host's is none of it.
    const draft = draftOf(row.openid).held[key];
    if (draft?.of === row.saved) row.field.value = draft.text;
  }
  rows.set(key, row);
  const facts = node("p", { class: "facts" },
    node("span", { class: "kind" }, word(msgtype) ?? msgtype), " ", node("span", {}, plugin), " ",
    cause ? button(word("causeOf", cause), () => tell("show-line", cause), { class: "link" }) : null,
    node("span", { class: "reason" }));
  const does = node("div", { class: "does" }, row.acts,
    button(word("discard"), () => discard([key]), { class: "quiet" }),
    button(word("send"), () => send([key]), { class: "main", title: row.field ? word("ctrlEnter") : null }));
  return node("li", { "data-type": msgtype }, facts, does, row.field ?? bubble(item, plugin));
}

// Takes what the host has; read back, for fields have line ends of their own.
function host(row, { body }) {
  row.field.value = body.content;
  row.saved = row.field.value;
}

function updateRow(made, item) {
  const row = rows.get(item.key);
  // What is being written stays.
  if (row.field && !isEdited(row)) host(row, item);
  made.querySelector(".reason").replaceChildren(reasonNode(item.reason));
  edited(row);
}

function edited(row) {
  const draft = draftOf(row.openid);
  const { [row.key]: known, ...held } = draft.held;
  if (isEdited(row)) keepDraft(row.openid, { ...draft, held: { ...held, [row.key]: { text: row.field.value, of: row.saved } } });
  else if (known) keepDraft(row.openid, { ...draft, held });
  for (const act of row.acts) act.hidden = !isEdited(row);
}

function forget(row) {
  row.field.value = row.saved;
  edited(row);
}

function revert(row) {
  forget(row);
  row.field.focus();
}

async function keepText(row) {
  if (!isEdited(row)) return;
  const text = row.field.value;
  await request("outbox.edit", { key: row.key, text });
  row.saved = text;
  edited(row);
}

async function save(row) {
  if (await attempt(() => keepText(row))) told(word("saved"));
  row.field.focus();
}

function rowNode(key) { return [...$("held").children].find((row) => row.dataset.key === key); }

async function change(keys, how) {
  for (let at = 0; at < keys.length; at += KEYS_MAX) {
    const filter = { keys: keys.slice(at, at + KEYS_MAX) };
    const { items } = await request("outbox.change", { change: how, filter });
    const stayed = items.find(({ changed }) => !changed);
    if (stayed) toast(word("notChanged"), stayed.note ?? "");
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

// Does something with messages of which none is under way already; their rows may be gone by then.
async function decide(keys, act, said) {
  const open = keys.filter((key) => !sending.has(key)).map((key) => rows.get(key) ?? { key });
  if (open.length === 0) return;
  const toNext = next(keys);
  for (const { key } of open) sending.add(key);
  const isDone = await attempt(() => act(open));
  for (const { key } of open) sending.delete(key);
  if (isDone) {
    toNext();
    told(word(said, open.length));
  }
  refresh("outbox", "customers");
}

const keysOf = (open) => open.map(({ key }) => key);

const send = (keys) => decide(keys, async (open) => {
  for (const row of open) await keepText(row);
  await change(keysOf(open), "retry");
}, "sentCount");

const discard = (keys) => decide(keys, async (open) => {
  await change(keysOf(open), "drop");
  for (const row of open.filter(isEdited)) forget(row);
}, "discardedCount");

const isSend = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey);

function onKey(event, row) {
  if (isSend(event)) {
    event.preventDefault();
    // A key that is held down sends no other one.
    if (!event.repeat) send([row.key]);
  } else if (event.key === "Escape" && isEdited(row)) {
    event.stopPropagation();
    revert(row);
  }
}

// Of several ones only who says it twice, and those that he was asked about.
function twice(made, label, act) {
  let timer = 0;
  let keys = [];
  const reset = () => {
    clearTimeout(timer);
    timer = 0;
    made.textContent = word(label);
  };
  made.addEventListener("click", () => {
    if (timer) {
      reset();
      act(keys);
      return;
    }
    keys = keysOf(model.held);
    made.textContent = word("sure", keys.length);
    timer = setTimeout(reset, SURE_MS);
  });
  on("chosen", reset);
}

// What is written to a customer keeps its number until it is answered: said twice it is sent once.
async function sendOwn() {
  const openid = model.chosen;
  const draft = draftOf(openid);
  const text = draft.own;
  if (openid === null || text.trim() === "" || sending.has(openid)) return;
  const { app_id: account, server } = model.state;
  const seat = model.state.seats.find(({ name }) => name === model.seat);
  // The sandbox knows no account of the seat's.
  const agent = model.state.sandbox ? null : seat?.kf_account ?? null;
  const id = draft.sent?.text === text ? draft.sent.id : newId("console");
  keepDraft(openid, { ...draft, sent: { id, text } });
  sending.add(openid);
  showOwn();
  const letter = { id, account, server, openid, kf_account: agent, content: { msgtype: "text", text } };
  await attempt(async () => {
    const { items: [row] } = await request("send", { letter });
    keepDraft(openid, { own: "", held: draftOf(openid).held });
    if (row.state === "sent") told(word("sentCount", 1));
    else toast(word(row.state) ?? row.state, row.reason ?? "");
  });
  sending.delete(openid);
  showOwn();
  refresh("outbox");
}

// The field grows, where the browser does not do it by itself. While it is being sent it stays as it is.
function showOwn() {
  const field = $("own-text");
  const { own } = draftOf(model.chosen);
  const isSending = sending.has(model.chosen);
  if (field.value !== own) field.value = own;
  field.rows = Math.min(6, own.split("\n").length);
  field.readOnly = isSending;
  $("own").setAttribute("aria-busy", String(isSending));
  $("own-send").setAttribute("aria-disabled", String(isSending));
  for (const one of $("own").elements) one.disabled = model.chosen === null;
}

function write() {
  keepDraft(model.chosen, { ...draftOf(model.chosen), own: $("own-text").value });
  showOwn();
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
  row.firstElementChild.replaceChildren(node("b", {}, word(item.state) ?? item.state), ` ${says(item)} `, reasonNode(item.reason));
}

// What was written to messages that wait no longer, for another person took them, becomes one of one's own.
function takeGone() {
  const { own, held } = draftOf(model.chosen);
  const here = new Set(keysOf(model.held));
  const isGone = ([key]) => !here.has(key) && !sending.has(key);
  const texts = Object.entries(held).filter(isGone).map(([, { text }]) => text);
  if (texts.length === 0) return;
  const stays = Object.fromEntries(Object.entries(held).filter((entry) => !isGone(entry)));
  keepDraft(model.chosen, { own: [own, ...texts].filter(Boolean).join("\n").slice(0, TEXT_MAX), held: stays });
  showOwn();
  toast(word("editGone"));
}

function show() {
  keep($("stuck"), model.stuck, ({ key }) => key, makeStuck, updateStuck);
  keep($("held"), model.held.slice(0, SHOWN_MAX), ({ key }) => key, makeRow, updateRow);
  const keys = new Set(keysOf(model.held));
  for (const key of rows.keys()) if (!keys.has(key)) rows.delete(key);
  if (model.chosen !== null && model.known === model.chosen) takeGone();
  const count = model.held.length;
  $("held-count").textContent = count || "";
  $("send-all").hidden = $("discard-all").hidden = count < 2;
}

export function focusComposer() { handOf($("held").firstElementChild).focus(); }

// Whether the person is at work on a message to the chosen customer.
const isWriting = () => $("composer").contains(document.activeElement) || hasDraft(model.chosen);

export function startComposer() {
  model.isWriting = isWriting;
  twice($("send-all"), "sendAll", send);
  twice($("discard-all"), "discardAll", discard);
  $("own").addEventListener("submit", (event) => { event.preventDefault(); sendOwn(); });
  $("own-text").addEventListener("input", write);
  $("own-text").addEventListener("keydown", (event) => {
    if (!isSend(event)) return;
    event.preventDefault();
    if (!event.repeat) sendOwn();
  });
  on("outbox", show);
  on("chosen", () => {
    $("composer-for").replaceChildren(openidNode(model.chosen));
    showOwn();
    show();
  });
  showOwn();
  show();
}
