// The calls of the host (API.md). What is refused is thrown as a `Refused`, with the next step in `hint`.
const BASE = "/api/1/";
const PATIENCE_MS = 60_000; // after which an answer is taken for lost

export class Refused extends Error {
  constructor(status, { kind = "", text = "", hint = "" } = {}) {
    super(text || `HTTP ${status}`);
    Object.assign(this, { status, kind, hint });
  }
}

// Parts of a path, whatever is in them.
export const path = (...parts) => parts.map(encodeURIComponent).join("/");
export const address = (rest) => BASE + rest;

async function ask(rest, options) {
  let [answer, told] = [null, {}];
  try {
    answer = await fetch(BASE + rest, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS), ...options });
    told = await answer.json();
  } catch {
    // What is refused may have no words.
    if (answer === null || answer.ok) throw new Refused(0, { kind: "lost" });
  }
  // Signed out meanwhile: the page begins anew, with the sign-in.
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Refused(answer.status, told.error);
  return told;
}

export const get = (rest) => ask(rest, {});
export const post = (rest, body = {}) => ask(rest, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
});

// A request of the control protocol: its first page.
export const request = (op, members = {}) => post("requests", { v: 1, op, ...members });

// All pages of one, up to so many items.
export async function every(op, members = {}, most = 2_000) {
  const items = [];
  let after = 0;
  do {
    const page = await request(op, { ...members, after });
    items.push(...page.items);
    after = page.next;
  } while (after && items.length < most);
  return items;
}

// A number that no event before it had, for what is fired or sent from here.
let count = 0;
export const newId = (what) => `${what}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-${++count}`;
