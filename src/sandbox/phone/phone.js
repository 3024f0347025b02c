// The phones of the sandbox's users: what is on them comes as server-sent events, what the users do goes as calls of
// /_sandbox/. Nothing is kept here that the sandbox does not have.
import { node, row, summary } from "./bubbles.js";
import { fill, word } from "./words.js";

const $ = (id) => document.getElementById(id);
const TYPING_MS = 15_000;
const ENTRIES_MAX = 2_000; // kept of one phone
const DAY_MS = 86_400_000;
// `/?embed=1#OPENID`: one phone in somebody else's frame, who says whose.
const isEmbedded = new URLSearchParams(location.search).get("embed") === "1";
document.body.classList.toggle("embed", isEmbedded);

const phones = new Map(); // openid -> {entries, typing, unread}
let open = null;
let account = "";
let run = null;
let aheadMs = 0; // of the sandbox's clock

function phoneOf(openid) {
  if (!phones.has(openid)) phones.set(openid, { entries: [], typing: null, unread: 0 });
  return phones.get(openid);
}

async function post(path, body, type) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": type }, body });
    if (!answer.ok) toast(`${word("refused")}: ${(await answer.json()).error}`);
  } catch {
    toast(word("lost"));
  }
}

// Answered before the push is: a callback that hangs must not take all connections a browser has.
const user = (openid, what) => `/_sandbox/users/${encodeURIComponent(openid)}/${what}?wait=0`;
const act = (push) => open && post(user(open, "send"), JSON.stringify(push), "application/json");

let toastTimer = 0;
function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 4_000);
}

const hand = {
  toast,
  say: (content, menuId) => act({ MsgType: "text", Content: content, ...(menuId ? { bizmsgmenuid: menuId } : {}) }),
};

// --- the list ---------------------------------------------------------------------------------------------------

function showUsers() {
  const last = (phone) => phone.entries.at(-1);
  const sorted = [...phones].sort(([, a], [, b]) => (last(b)?.seq ?? Infinity) - (last(a)?.seq ?? Infinity));
  $("user-list").replaceChildren(...sorted.map(([openid, phone]) => {
    const newest = last(phone);
    const button = node("button", "", node("span", "face", openid.slice(-2)),
      node("span", "names", node("b", "", openid), node("span", "last", newest ? summary(newest) : "")),
      phone.unread ? node("span", "unread", String(phone.unread)) : null);
    button.type = "button";
    button.dataset.openid = openid;
    button.setAttribute("aria-current", String(openid === open));
    button.addEventListener("click", () => choose(openid));
    return node("li", "", button);
  }));
}

function choose(openid) {
  open = openid;
  phoneOf(openid).unread = 0;
  history.replaceState(null, "", `#${encodeURIComponent(openid)}`);
  $("phone").hidden = false;
  $("nobody").hidden = true;
  $("who").textContent = openid;
  showUsers();
  showTalk();
}

// The phone that the address names.
function chooseWanted() {
  const wanted = location.hash.slice(1);
  if (/^[\w-]{1,64}$/.test(wanted) && wanted !== open) choose(wanted);
}
window.addEventListener("hashchange", chooseWanted);

// --- the conversation -------------------------------------------------------------------------------------------

function clock(time) {
  const then = new Date(time);
  const isToday = Math.abs(Date.now() + aheadMs - then) < DAY_MS;
  const hour = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return isToday ? then.toLocaleTimeString([], hour) : then.toLocaleString([], { month: "short", day: "numeric", ...hour });
}

// The rows of an entry: its time first, where the one before is five minutes old.
function rows(entry, before) {
  const isLater = !before || Date.parse(entry.time) - Date.parse(before.time) > 300_000;
  const own = row(entry, hand);
  const made = isLater ? [node("li", "middle", clock(entry.time)), own] : [own];
  for (const one of made) one.dataset.seq = entry.seq;
  return made;
}

function showTalk() {
  const { entries } = phoneOf(open);
  $("talk").replaceChildren(...entries.flatMap((entry, index) => rows(entry, entries[index - 1])));
  showTyping();
  toEnd();
}

// Removes the rows before this entry's.
function trim(seq) {
  const talk = $("talk");
  while (talk.firstElementChild && Number(talk.firstElementChild.dataset.seq) < seq) talk.firstElementChild.remove();
}

// Once for all that comes in one piece: it has the browser lay out the whole conversation.
let endTimer = 0;
function toEnd() {
  endTimer ||= requestAnimationFrame(() => {
    endTimer = 0;
    $("talk").scrollTop = $("talk").scrollHeight;
  });
}

// A picture that comes later must not push the newest message out of sight.
$("talk").addEventListener("load", toEnd, true);

let typingTimer = 0;
function showTyping() {
  clearTimeout(typingTimer);
  const { typing } = phoneOf(open);
  const left = typing === null ? 0 : typing + TYPING_MS - (Date.now() + aheadMs);
  $("account").textContent = left > 0 ? word("typing") : account;
  $("account").classList.toggle("typing", left > 0);
  // Never longer than it lasts, wherever the clocks are: more than 2^31 ms would be none.
  if (left > 0) typingTimer = setTimeout(showTyping, Math.min(left, TYPING_MS));
}

// --- what comes -------------------------------------------------------------------------------------------------

function take(entry) {
  const phone = phoneOf(entry.openid);
  if (entry.kind === "typing") {
    phone.typing = entry.body.command === "Typing" ? Date.parse(entry.time) : null;
    if (entry.openid === open) showTyping();
    return;
  }
  const before = phone.entries.at(-1);
  phone.entries.push(entry);
  if (phone.entries.length > ENTRIES_MAX) phone.entries.shift();
  if (entry.kind === "message") phone.typing = null;
  if (entry.openid !== open) {
    phone.unread += entry.kind === "said" ? 0 : 1;
  } else {
    $("talk").append(...rows(entry, before));
    trim(phone.entries[0].seq);
    showTyping();
    toEnd();
  }
}

let usersTimer = 0;
function showUsersSoon() {
  if (!usersTimer) usersTimer = requestAnimationFrame(() => { usersTimer = 0; showUsers(); });
}

const source = new EventSource("/_sandbox/events");
source.addEventListener("hello", ({ data }) => {
  const hello = JSON.parse(data);
  if (run !== null && run !== hello.run) return location.reload();
  run = hello.run;
  account = hello.wechat_id;
  aheadMs = hello.now_ms - Date.now();
  document.title = `${account} · duoke sandbox`;
  $("account").textContent = account;
  if (open) showTalk(); // the clock was moved
  if (!open) chooseWanted();
});
source.addEventListener("message", ({ data }) => {
  const entry = JSON.parse(data);
  take(entry);
  if (!open && !isEmbedded) choose(entry.openid);
  showUsersSoon();
});
source.addEventListener("open", () => { $("line").textContent = ""; });
source.addEventListener("error", () => { $("line").textContent = word("lost"); });

// --- what the user does -----------------------------------------------------------------------------------------

function onSubmit(id, does) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    does(event.target.elements);
  });
}

fill(document);
onSubmit("new-user", ({ openid }) => { choose(openid.value); openid.value = ""; $("text").focus(); });
onSubmit("say", () => {
  if ($("text").value === "") return;
  hand.say($("text").value);
  $("text").value = "";
});
onSubmit("menu", ({ key }) => act({ MsgType: "event", Event: "CLICK", EventKey: key.value }));
onSubmit("place", ({ label, x, y }) => act({
  MsgType: "location", Location_X: Number(x.value), Location_Y: Number(y.value), Scale: 15, Label: label.value,
}));
$("more").addEventListener("click", () => {
  $("panel").hidden = !$("panel").hidden;
  $("more").setAttribute("aria-expanded", String(!$("panel").hidden));
  toEnd();
});
$("subscribe").addEventListener("click", () => act({ MsgType: "event", Event: "subscribe", EventKey: "" }));
$("unsubscribe").addEventListener("click", () => act({ MsgType: "event", Event: "unsubscribe", EventKey: "" }));
$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  if (file && open) post(user(open, "picture"), file, "application/octet-stream");
  $("file").value = "";
});
