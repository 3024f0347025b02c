// What is known of the host, and who wants to hear of it. Nothing is kept here that the host does not have.
import { every, get, post, request } from "./api.js";
import { attempt } from "./dom.js";

export const model = {
  mode: "dev",
  state: null, // of the API
  seat: null, // its name
  plugin: null, // the tab that is looked at
  customers: [],
  chosen: null, // an openid
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

const seat = () => model.state?.seats.find(({ name }) => name === model.seat) || null;
export const pages = () => seat()?.pages || [];
export const page = () => pages().find(({ plugin }) => plugin === model.plugin) || null;

let choosing = 0; // choices that the host has not answered yet

function takeState(state) {
  model.state = state;
  const names = state.seats.map(({ name }) => name);
  if (!names.includes(model.seat)) model.seat = names[0] ?? null;
  if (!page()) model.plugin = pages()[0]?.plugin ?? null;
  const current = seat()?.current ?? null;
  if (!choosing && current && current !== model.chosen) setChosen(current);
}

function setChosen(openid) {
  Object.assign(model, { chosen: openid, held: [], stuck: [], sent: [], windows: [] });
  tell("chosen");
  tell("outbox");
  refresh("outbox");
}

// Newest of the messages that are no longer to be decided on.
const SENT_SHOWN = 200;
const STUCK_SHOWN = 3;
// What the reason of a message begins with that a person discarded.
const DISCARDED = "dropped by a person";

async function askOutbox() {
  const openid = model.chosen;
  if (openid === null) return;
  const [rows, windows] = await Promise.all([
    every("outbox.list", { filter: { openid }, limit: 1_000 }),
    request("window", { openid, profile: "2025" }),
  ]);
  if (openid !== model.chosen) return;
  model.held = rows.filter(({ state }) => state === "held");
  model.sent = rows.filter(({ state }) => state !== "held").slice(-SENT_SHOWN);
  model.stuck = rows.filter(({ state, reason }) =>
    ["parked", "unknown", "dead"].includes(state) && !reason?.startsWith(DISCARDED)).slice(-STUCK_SHOWN);
  model.windows = windows.items;
}

const asks = {
  state: async () => takeState(await get("state")),
  customers: async () => { model.customers = (await get("customers")).customers; },
  outbox: askOutbox,
  dev: async () => { model.dev = model.mode === "dev" ? await get("dev") : null; },
};

const running = new Map(); // what is asked -> whether to ask again

// Asks the host again for these; never twice at once.
export function refresh(...names) {
  for (const name of names) {
    if (running.has(name)) running.set(name, true);
    else run(name);
  }
}

async function run(name) {
  running.set(name, false);
  const isAnswered = await attempt(asks[name]);
  if (isAnswered) tell(name);
  const again = running.get(name);
  running.delete(name);
  if (again && isAnswered) run(name);
}

export async function choose(openid) {
  if (openid === model.chosen) return;
  setChosen(openid);
  if (!model.seat) return;
  choosing += 1;
  await attempt(() => post("customers/choose", { openid, seat: model.seat }));
  choosing -= 1;
  refresh("state", "customers");
}

export function chooseSeat(name) {
  model.seat = name;
  model.plugin = null;
  takeState(model.state);
  tell("state");
}

export function choosePlugin(plugin) {
  model.plugin = plugin;
  tell("state");
}
