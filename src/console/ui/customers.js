// The customers: who did something last, what waits for them, what may still be sent to the one that is chosen.
import { $, keep, node, rove } from "./dom.js";
import { choose, hasDraft, model, on, tell } from "./model.js";
import { day, reason, stretch } from "./say.js";
import { word } from "./words.js";

const LISTED_MAX = 200; // customers of whom the host tells; others are named below the list

let reach = () => {};
const TAIL = 5; // last characters of an openid: by them people tell customers apart

export const shortOf = (openid) => (openid.length > TAIL + 1 ? `…${openid.slice(-TAIL)}` : openid);

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

function meter({ left, sends }) {
  if (left === null || !sends) return null;
  const bar = node("div", {
    class: "meter", role: "meter", "aria-valuemin": 0, "aria-valuemax": sends, "aria-valuenow": left, "aria-label": word("left", left, sends),
  }, node("span"));
  bar.firstChild.style.width = `${Math.max(0, Math.min(100, (left / sends) * 100))}%`;
  bar.classList.toggle("low", left <= 1);
  return bar;
}

function makeWindow() {
  return node("div", {}, node("h3", {}, word("window")), node("p"), node("div"),
    node("details", {}, node("summary", {}, word("windowActions")), node("ul")), node("p", { class: "small" }));
}

function updateWindow(made, { state, left, until, reason: why, actions, chat_sign: sign }) {
  const [, head, more, details, signed] = made.children;
  const sends = actions.reduce((sum, action) => sum + (action.sends ?? 0), 0);
  head.className = `state ${state}`;
  const said = word({ open: "windowOpen", closed: "windowClosed", unknown: "windowUnknown" }[state]);
  head.textContent = left === null || !sends ? said : `${said} · ${word("left", left, sends)}`;
  const known = reason(why);
  more.replaceChildren(...[
    meter({ left, sends }),
    until ? node("p", { class: "small" }, word("until", day(until), stretch(Math.max(0, Date.parse(until) - Date.now())))) : null,
    why ? node("p", { class: "small" }, known, known ? node("br") : null, node("span", { lang: "en" }, why)) : null,
  ].filter(Boolean));
  details.hidden = actions.length === 0;
  details.lastElementChild.replaceChildren(...actions.map((action) => node("li", {},
    node("span", {}, word(`trigger_${action.trigger}`) ?? action.trigger),
    node("span", {}, action.left === null || action.left === undefined ? word("anyNumber") : word("left", action.left, action.sends)),
    node("span", {}, day(action.until)))));
  signed.textContent = sign ? word("signBy", sign.sign, sign.plugin, day(sign.at)) : "";
}

function showWindow() {
  const box = $("window");
  box.hidden = model.chosen === null || model.windows.length === 0;
  keep(box, model.windows, ({ account, server }) => `${account} ${server}`, makeWindow, updateWindow);
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
