// Recordings beside jsdom: node benches/recordings.mjs FOLDER_WITH_JSDOM [COUNT]
//
// Records COUNT (1,000) sessions of the page tests/libraries/pages/jquery (jQuery 1.11.1), 20 events each, and compares
// three ways of doing them all again on two cores, each session on a page of its own, its messages compared with those that
// were recorded: `duoke test` (target/release/duoke), the same without templates, and jsdom in two processes. Prints wall
// time and peak memory (proportional set size of all processes) of RUNS (3) rounds, and the medians as ratios.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DUOKE, inJsdom, median, plugin as prepared, record } from "./replies.mjs";

const EVENTS = 20;
const JOBS = 2;
const SAMPLE_MS = 50;
const RUNS = Number(process.env.RUNS || 3);
const self = fileURLToPath(import.meta.url);

/** What a recording has: what is told, and the messages that came. */
function recorded(file) {
  const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const told = lines.filter(({ type }) => type.startsWith("stimulus.mcs.")).map(({ type, data }) => JSON.stringify({ event: type.split(".").pop(), ...data }));
  return { told, put: lines.filter(({ type }) => type === "effect.mcs.PutMsg").map(({ data }) => text(data)) };
}

/** What of a message is compared: all but its random value. */
const text = (message) => JSON.stringify((message.msg ?? message).body);

/** Every JOBS-th session, in jsdom; each gets a window of its own. */
async function playInJsdom(where, plugin, part) {
  const sessions = join(plugin, "sessions");
  for (const name of readdirSync(sessions).sort().filter((_, at) => at % JOBS === part)) {
    const { told, put } = recorded(join(sessions, name));
    const page = await inJsdom(where, plugin);
    for (const event of told) await page.fire(event);
    page.close();
    const came = page.came.map(text);
    if (JSON.stringify(came) !== JSON.stringify(put)) throw new Error(`${name}: ${came.length} messages, not those recorded`);
  }
}

/** Proportional set size of a process and all below it, in MiB. */
function memory(pid) {
  let sum = 0;
  const seen = [pid];
  for (const process of seen) {
    try {
      sum += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${process}/smaps_rollup`, "utf8"))[1]) / 1024;
      for (const thread of readdirSync(`/proc/${process}/task`)) {
        seen.push(...readFileSync(`/proc/${process}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number));
      }
    } catch { /* it has ended */ }
  }
  return sum;
}

/** Wall time in seconds and peak memory in MiB of commands that run side by side. */
async function measure(commands) {
  const begun = performance.now();
  const running = commands.map(([program, parameters, env]) => spawn(program, parameters, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, ...env } }));
  let peak = 0;
  const looking = setInterval(() => { peak = Math.max(peak, running.map(({ pid }) => memory(pid)).reduce((a, b) => a + b)); }, SAMPLE_MS);
  const codes = await Promise.all(running.map((child) => new Promise((done) => child.on("close", done))));
  clearInterval(looking);
  if (codes.some((code) => code !== 0)) throw new Error(`${commands[0].slice(0, 2).flat().join(" ")} ended with ${codes}`);
  return { seconds: (performance.now() - begun) / 1000, peak };
}

async function main(where, count) {
  const folder = mkdtempSync(join(tmpdir(), "recordings-"));
  try {
    const plugin = prepared(folder);
    record(plugin, count, EVENTS);
    const test = ["test", join(plugin, "sessions"), "--jobs", String(JOBS), "--reporter", "json"];
    const ways = {
      duoke: [[DUOKE, test]],
      "without templates": [[DUOKE, test, { DUOKE_LAUNCH: "spawn" }]],
      jsdom: Array.from({ length: JOBS }, (_, part) => [process.execPath, [self, "--jsdom", where, plugin, String(part)]]),
    };
    process.chdir(folder);
    const measured = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
    for (let round = 0; round < RUNS; round++) {
      for (const [way, commands] of Object.entries(ways)) {
        const { seconds, peak } = await measure(commands);
        measured[way].push({ seconds, peak });
        console.log(`${way}: ${seconds.toFixed(2)} s, ${peak.toFixed(0)} MiB`);
      }
    }
    const of = (way, what) => median(measured[way].map((one) => one[what]));
    for (const way of ["without templates", "jsdom"]) {
      const times = of(way, "seconds") / of("duoke", "seconds");
      console.log(`duoke is ${times.toFixed(1)} times as fast as ${way}, with ${(of("duoke", "peak") / of(way, "peak")).toFixed(2)} of its memory`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--jsdom") await playInJsdom(rest[0], rest[1], Number(rest[2]));
else await main(resolve(first), Number(rest[0] || 1000));
