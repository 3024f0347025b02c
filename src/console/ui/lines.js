// The lines of the interaction log that are here: the newest ones.
import { get } from "./api.js";
import { tell } from "./model.js";

const LINES_MAX = 20_000;
const LINES_SPARE = 2_000; // go at once, so that it is seldom
const GATHER_MS = 30; // what comes in this time is shown together

export const lines = [];
const byId = new Map();
let first = 1; // the oldest one that the host still has
let timer = 0;
let fresh = []; // came since it was told

export const lastSeq = () => lines.at(-1)?.seq ?? 0;
const hasOlder = () => lines.length > 0 && lines.length < LINES_MAX && lines[0].seq > first;
export const lineOf = (id) => byId.get(id) || null;
export const led = (id) => lines.filter(({ cause, type }) => cause === id && !type.startsWith("stimulus."));

export function startLines(found, oldest) {
  lines.length = 0;
  byId.clear();
  first = oldest ?? found[0]?.seq ?? 1;
  for (const line of found) take(line);
  fresh = [];
  tell("lines", found);
}

function take(line) {
  lines.push(line);
  byId.set(line.id, line);
}

export function addLines(found) {
  for (const line of found) {
    if (line.seq <= lastSeq()) continue; // told twice
    take(line);
    fresh.push(line);
  }
  if (lines.length > LINES_MAX + LINES_SPARE) {
    for (const line of lines.splice(0, lines.length - LINES_MAX)) {
      if (byId.get(line.id) === line) byId.delete(line.id);
    }
  }
  timer ||= setTimeout(() => {
    timer = 0;
    const gathered = fresh;
    fresh = [];
    tell("lines", gathered);
  }, GATHER_MS);
}

let older = null;

// Those before the oldest one here.
export function askOlder() {
  if (!hasOlder()) return;
  older ??= get(`log?before=${lines[0].seq}&limit=1000`).then((found) => {
    const before = found.lines.filter(({ seq }) => seq < lines[0].seq);
    if (before.length === 0) first = lines[0].seq;
    lines.unshift(...before);
    for (const line of before) if (!byId.has(line.id)) byId.set(line.id, line);
    tell("lines", []);
  }).catch(() => {}).finally(() => { older = null; });
}
