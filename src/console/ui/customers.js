// The customers: who did something last, what waits for them, what may still be sent to the one that is chosen.
import { $, keep, node, rove } from "./dom.js";
import { choose, hasDraft, model, on, tell } from "./model.js";
import { day, stretch } from "./say.js";
import { word } from "./words.js";

const LISTED_MAX = 200; // customers of whom the host tells; others are named below the list

let reach = () => {};
export const TAIL = 5; // last characters of an openid: by them people tell customers apart

// An openid of which the end stays to be seen where there is no room.
export function openidNode(openid) {
  return node("span", { class: "openid", title: openid }, node("span", {}, openid.slice(0, -TAIL)), node("span", {}, openid.slice(-TAIL)));
}

const NOW_MS = 60_000; // so long it was just now

function ago(time) {
  if (!time) return "";
  const ms = Date.now() - Date.parse(time);
  return ms < NOW_MS ? word("now") : stretch(ms);
}

function makeRow({ openid }) {
  const button = node("button", { type: "button", onclick: () => pick(openid) }, openidNode(openid),
    node("span", { class: "last" }), node("span", { class: "sign" }), node("span", { class: "waiting count" }));
  return node("li", {}, button);
}

function updateRow(row, { openid, last, sign, waiting }) {
  const button = row.firstElementChild;
  const [, lastNode, signNode, waitingNode] = button.children;
  button.setAttribute("aria-current", String(openid === model.chosen));
  lastNode.textContent = ago(last);
  lastNode.title = last ? word("lastAt", day(last)) : "";
  const notes = [sign === null || sign === undefined ? null : word("sign", sign), hasDraft(openid) ? word("draft") : null];
  signNode.textContent = notes.filter(Boolean).join(" · ");
  waitingNode.textContent = waiting || "";
  waitingNode.title = waiting ? word("waiting", waiting) : "";
  if (waiting) waitingNode.setAttribute("aria-label", word("waiting", waiting));
}

function show() {
  const known = model.customers;
  // One that was only named here is there as well.
  const isKnown = model.chosen === null || known.some(({ openid }) => openid === model.chosen);
  const all = isKnown ? known : [{ openid: model.chosen, last: null, sign: null, waiting: 0 }, ...known];
  keep($("customer-list"), all, ({ openid }) => openid, makeRow, updateRow);
  $("no-customers").hidden = all.length > 0;
  $("more-customers").hidden = known.length < LISTED_MAX;
  const waiting = known.reduce((sum, one) => sum + (one.waiting || 0), 0);
  document.title = waiting ? `(${waiting}) duoke` : "duoke";
  reach($("customer-list").querySelector("[aria-current=true]"));
}

function pick(openid) {
  choose(openid);
  show();
}

// --- the window -----------------------------------------------------------------------------------------------------

function meter({ left, actions }) {
  const sends = actions.reduce((sum, action) => sum + (action.sends ?? 0), 0);
  if (left === null || !sends) return null;
  const bar = node("div", {
    class: "meter", role: "meter", "aria-valuemin": 0, "aria-valuemax": sends, "aria-valuenow": left, "aria-label": word("left", left, sends),
  }, node("span"));
  bar.firstChild.style.width = `${Math.max(0, Math.min(100, (left / sends) * 100))}%`;
  bar.classList.toggle("low", left <= 1);
  return bar;
}

function windowNodes(one) {
  const until = one.until ? word("until", day(one.until), stretch(Math.max(0, Date.parse(one.until) - Date.now()))) : null;
  const sends = one.actions.reduce((sum, action) => sum + (action.sends ?? 0), 0);
  const head = { open: "windowOpen", closed: "windowClosed", unknown: "windowUnknown" }[one.state];
  const actions = one.actions.map((action) => node("li", {}, node("span", {}, action.trigger),
    node("span", {}, action.left === null || action.left === undefined ? word("anyNumber") : word("left", action.left, action.sends)),
    node("span", {}, day(action.until))));
  return [
    node("h3", {}, word("window")),
    node("p", { class: `state ${one.state}` }, word(head), one.left === null || !sends ? null : ` · ${word("left", one.left, sends)}`),
    meter(one),
    until ? node("p", { class: "small" }, until) : null,
    one.reason ? node("p", { class: "small" }, one.reason) : null,
    actions.length > 0 ? node("details", {}, node("summary", {}, word("windowActions")), node("ul", {}, actions)) : null,
    one.chat_sign ? node("p", { class: "small" }, word("signBy", one.chat_sign.sign, one.chat_sign.plugin, day(one.chat_sign.at))) : null,
  ];
}

function showWindow() {
  const box = $("window");
  box.hidden = model.chosen === null || model.windows.length === 0;
  const isOpen = box.querySelector("details")?.open;
  box.replaceChildren(...model.windows.flatMap(windowNodes).filter(Boolean));
  if (isOpen && box.querySelector("details")) box.querySelector("details").open = true;
}

export function startCustomers() {
  reach = rove($("customer-list"), "button");
  $("new-customer").addEventListener("submit", (event) => {
    event.preventDefault();
    const { openid } = event.target.elements;
    pick(openid.value);
    openid.value = "";
    tell("panel", "work");
  });
  on("customers chosen drafts", show);
  on("outbox", showWindow);
  setInterval(() => { show(); showWindow(); }, 30_000);
  show();
}
