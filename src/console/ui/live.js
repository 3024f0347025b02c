// The host's stream: one connection, which comes again by itself.
import { address, get } from "./api.js";
import { attempt } from "./dom.js";
import { addLines, lastSeq, startLines } from "./lines.js";
import { latest, refresh, tell } from "./model.js";

const AGAIN_MS = [500, 1_000, 2_000, 5_000];
const ASKED = ["state", "customers", "outbox", "dev"];
const PAUSE_MS = 500; // between two times that is asked for what has changed
const STATE_PAUSE_MS = 100; // the same, of whose turn it is: by that is known for whom a click is

let failures = 0;
let run = null; // of the host: its log began with it
const changed = new Set();
const askChanged = latest(() => {
  refresh(...changed);
  changed.clear();
}, PAUSE_MS);
const askState = latest(() => refresh("state"), STATE_PAUSE_MS);

// Takes the lines that there are, then what comes.
export async function live() {
  await takeLog();
  connect();
}

async function takeLog() {
  const { lines, first } = await get("log?limit=1000");
  startLines(lines, first);
}

function connect() {
  const source = new EventSource(address(`stream?after=${lastSeq()}`));
  source.addEventListener("open", () => {
    failures = 0;
    tell("line", "live");
    refresh(...ASKED);
  });
  source.addEventListener("hello", ({ data }) => {
    const hello = JSON.parse(data);
    if (run !== null && run !== hello.run) location.reload();
    run = hello.run;
  });
  source.addEventListener("line", ({ data }) => addLines([JSON.parse(data)]));
  source.addEventListener("changed", ({ data }) => {
    const { what } = JSON.parse(data);
    if (what.includes("state")) askState();
    for (const name of what) if (ASKED.includes(name) && name !== "state") changed.add(name);
    if (changed.size > 0) askChanged();
  });
  source.addEventListener("behind", () => attempt(takeLog));
  source.addEventListener("error", () => {
    tell("line", "lost");
    // Browsers come again by themselves where there was no answer, not where it was another one.
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    setTimeout(again, AGAIN_MS[Math.min(failures++, AGAIN_MS.length - 1)]);
  });
}

async function again() {
  if (!await isSignedOut()) connect();
}

// Then the page begins anew, with the sign-in.
export async function isSignedOut() {
  const session = await get("session").catch(() => null);
  const isOut = Boolean(session?.needs_sign_in && !session.signed_in);
  if (isOut) location.reload();
  return isOut;
}
