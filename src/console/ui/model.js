// What is known of the host, and who wants to hear of it. But for drafts nothing is kept here that the host does not have.
import { every, get, post, request } from "./api.js";
import { attempt } from "./dom.js";

export const model = {
  mode: "dev",
  state: null, // of the API
  seat: null, // its name
  plugin: null, // the tab that is looked at
  customers: [],
  chosen: null, // an openid
  elsewhere: null, // whose turn it is at the seat, where that is another one
  isWriting: () => false, // whether something is being written to him
  known: null, // the customer whose messages these are, once the host has said
  held: [], // messages that wait for a person, of the chosen customer
  stuck: [], // those of his that did not go out, the last ones
  sent: [], // all that are no longer to be decided on
  windows: [], // what he may still be sent, of each account
  dev: null,
  tool: null, // the one that is open
};

const listeners = new Map();

// Calls `hear` now and whenever one of these is told.
export function on(names, hear) {
  for (const name of names.split(" ")) {
    if (!listeners.has(name)) listeners.set(name, []);
    listeners.get(name).push(hear);
  }
}

export function tell(name, ...what) {
  for (const hear of listeners.get(name) || []) hear(...what);
}

// What the page remembers in this browser.
export const memory = {
  get: (name, otherwise) => {
    try { return localStorage.getItem(`duoke.${name}`) ?? otherwise; } catch { return otherwise; }
  },
  set: (name, value) => {
    try { localStorage.setItem(`duoke.${name}`, value); } catch { /* then it forgets */ }
  },
};

// What was written and not sent, by customer: {own: text, sent: {id, text}, held: {key: {text, of}}}. It lasts as long as
// the browser's tab, also where the page begins anew.
const DRAFTS = "duoke.drafts";
const DRAFTS_MAX = 50; // customers
const DRAFTS_LENGTH_MAX = 500_000; // characters that are kept

function readDrafts() {
  try { return new Map(JSON.parse(sessionStorage.getItem(DRAFTS) ?? "[]")); } catch { return new Map(); }
}

const drafts = readDrafts();

export const draftOf = (openid) => drafts.get(openid) ?? { own: "", held: {} };
export const hasDraft = (openid) => drafts.has(openid);

export function keepDraft(openid, draft) {
  const was = drafts.has(openid);
  drafts.delete(openid); // the last one comes last
  if (draft.own || Object.keys(draft.held).length > 0) drafts.set(openid, draft);
  if (drafts.size > DRAFTS_MAX) drafts.delete(drafts.keys().next().value);
  const kept = [...drafts];
  while (JSON.stringify(kept).length > DRAFTS_LENGTH_MAX) kept.shift();
  try { sessionStorage.setItem(DRAFTS, JSON.stringify(kept)); } catch { /* then it lasts as long as the page */ }
  if (drafts.has(openid) !== was) tell("drafts");
}

const seat = () => model.state?.seats.find(({ name }) => name === model.seat) || null;
export const pages = () => seat()?.pages || [];
export const page = () => pages().find(({ plugin }) => plugin === model.plugin) || null;
// Whose turn it is at the seat.
export const current = () => seat()?.current ?? null;

let choosing = 0; // choices that the host has not answered yet
let before = new Map(); // seat -> whose turn it was there when that was last told

function takeState(state) {
  model.state = state;
  const names = state.seats.map(({ name }) => name);
  if (!names.includes(model.seat)) model.seat = names[0] ?? null;
  if (!page()) model.plugin = pages()[0]?.plugin ?? null;
  const now = current();
  const isNew = now !== before.get(model.seat);
  before = new Map(state.seats.map(({ name, current: whose }) => [name, whose]));
  // Who is writing to somebody stays with him.
  const isElsewhere = !choosing && now !== null && now !== model.chosen;
  if (isElsewhere && (model.chosen === null || (isNew && !model.isWriting()))) setChosen(now);
  else model.elsewhere = isElsewhere ? now : null;
}

function setChosen(openid) {
  Object.assign(model, { chosen: openid, elsewhere: null, known: null, held: [], stuck: [], sent: [], windows: [] });
  tell("chosen");
  tell("outbox");
  refresh("outbox");
}

// To the customer whose turn it is at the seat.
export function follow() {
  if (current() !== null && current() !== model.chosen) setChosen(current());
}

// --- the outbox -------------------------------------------------------------------------------------------------------

const PAGE = 200;
const PAGES_MAX = 10; // that are asked for at once
const SENT_SHOWN = 200; // messages that are no longer to be decided on
const STUCK_SHOWN = 3;

// What the reason of a message begins with that a person discarded.
const isDiscarded = ({ state, reason }) => state === "dead" && Boolean(reason?.startsWith("dropped by a person"));
const isOver = (row) => row.state === "sent" || isDiscarded(row);

// Asks for the last messages of a customer that are wanted. They come oldest first: pages of which all is over are asked
// for once.
function tail(states, isWanted, most) {
  let past = null;
  return async (openid) => {
    if (past?.openid !== openid) past = { openid, after: 0, rows: [] };
    let { after, rows } = past;
    let isPast = true;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const { items, next } = await request("outbox.list", { filter: { openid, states }, after, limit: PAGE });
      rows = [...rows, ...items.filter(isWanted)].slice(-most);
      if (!next) break;
      after = next;
      isPast &&= items.every(isOver);
      if (isPast) past = { openid, after, rows };
    }
    return rows;
  };
}

const askHeld = (openid) => every("outbox.list", { filter: { openid, states: ["held"] }, limit: 1_000 });
const askStuck = tail(["parked", "unknown", "dead"], (row) => !isDiscarded(row), STUCK_SHOWN);
const askSent = tail([], ({ state }) => state !== "held", SENT_SHOWN);

async function askOutbox() {
  const openid = model.chosen;
  if (openid === null) return;
  // A sandbox's phone shows by itself what was sent.
  const [held, stuck, sent, windows] = await Promise.all([
    askHeld(openid), askStuck(openid), model.state?.sandbox ? [] : askSent(openid), request("window", { openid, profile: "2025" }),
  ]);
  if (openid === model.chosen) Object.assign(model, { known: openid, held, stuck, sent, windows: windows.items });
}

// --- asking -----------------------------------------------------------------------------------------------------------

// Does something with what it was last called with: never twice at once, nor sooner than `pause` ms after the last time.
export function latest(act, pause = 0) {
  let wanted = null;
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    while (wanted) {
      const given = wanted;
      wanted = null;
      await attempt(() => act(...given)).catch(reportError);
      await new Promise((done) => { setTimeout(done, pause); });
    }
    isRunning = false;
  };
  return (...given) => {
    wanted = given;
    if (!isRunning) run();
  };
}

const ask = (name, act) => latest(async () => {
  await act();
  tell(name);
});

const asks = {
  state: ask("state", async () => takeState(await get("state"))),
  customers: ask("customers", async () => { model.customers = (await get("customers")).customers; }),
  outbox: ask("outbox", askOutbox),
  dev: ask("dev", async () => { model.dev = model.mode === "dev" ? await get("dev") : null; }),
};

// Asks the host again for these.
export function refresh(...names) {
  for (const name of names) asks[name]();
}

// --- choosing ---------------------------------------------------------------------------------------------------------

export async function choose(openid) {
  const isThere = !choosing && openid === current();
  if (openid !== model.chosen) setChosen(openid);
  if (!model.seat || isThere) return;
  choosing += 1;
  await attempt(async () => {
    const { seat: at = model.seat } = await post("customers/choose", { openid, seat: model.seat });
    if (openid === model.chosen) model.seat = at;
  });
  choosing -= 1;
  refresh("state", "customers");
}

export function chooseSeat(name) {
  Object.assign(model, { seat: name, plugin: null });
  follow();
  takeState(model.state);
  tell("state");
}

export function choosePlugin(plugin) {
  model.plugin = plugin;
  tell("state");
}
