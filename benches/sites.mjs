// Sites beside jsdom: node benches/sites.mjs FOLDER_WITH_JSDOM [SITE…]
//
// Loads every site of tests/libraries/sites in duoke (target/dist/examples/peer, built by
// `cargo build --profile dist --example peer`) and in jsdom, does its session PASSES times, and prints processor time
// as ratios: what loading costs, and what an event costs. Processor time, since jsdom waits for real timers.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { act, client, serve, sites, stimuli, HERE } from "../tests/libraries/session.mjs";

const PASSES = 3;
const RUNS = Number(process.env.RUNS || 3);
const SETTLE_MS = 400; // real time that jsdom gets after each event: timers and animations end in it
const IDLE_PAUSES = 4;
const LOAD_MS_MAX = 5000; // a page that never gets there

const [where, ...names] = process.argv.slice(2);
const self = fileURLToPath(import.meta.url);
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// One site in jsdom, in a process of its own.
async function inJsdom(site) {
  const { JSDOM, VirtualConsole } = createRequire(join(where, "x.js"))("jsdom");
  process.on("uncaughtException", () => {}); // what a page throws later is its own affair
  const server = await serve();
  const url = `http://127.0.0.1:${server.address().port}/libraries/sites/${site}/index.html`;
  const before = cpu();
  const dom = await JSDOM.fromURL(url, {
    runScripts: "dangerously", resources: "usable", pretendToBeVisual: true, virtualConsole: new VirtualConsole(),
    beforeParse(window) {
      window.eval(`(${client})()`);
      // jsdom has none; Node's serves.
      window.fetch = (url, init) => fetch(new URL(url, window.document.baseURI), init);
    },
  });
  const load = new Promise((resolve) => dom.window.addEventListener("load", resolve));
  if (dom.window.document.readyState !== "complete") await Promise.race([load, pause(LOAD_MS_MAX)]);
  await pause(SETTLE_MS);
  const loaded = cpu();
  for (let at = 0; at < IDLE_PAUSES; at++) await pause(SETTLE_MS);
  const idle = (cpu() - loaded) / IDLE_PAUSES; // animation frames cost even where nothing happens
  const begun = cpu();
  let count = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    for (const { type, data } of stimuli(site)) {
      try { dom.window.eval(`(${act})(${JSON.stringify(type)}, ${JSON.stringify(data)})`); } catch { /* gone in a later pass */ }
      await pause(SETTLE_MS);
      count++;
    }
  }
  console.log(JSON.stringify({ load_ms: loaded - before, event_ms: (cpu() - begun) / count - idle, puts: dom.window.__put.length }));
  process.exit(0);
}

// One site in duoke.
function inDuoke(site, folder) {
  const lines = readFileSync(join(HERE, "sites", site, "session.jsonl"), "utf8").trim() + "\n";
  const log = join(folder, "log.jsonl");
  writeFileSync(log, lines.repeat(PASSES));
  const peer = join(dirname(dirname(self)), "target/dist/examples/peer");
  const out = execFileSync(peer, [join(HERE, "sites", site, "index.html"), log, join(folder, "out"), HERE], { stdio: ["ignore", "pipe", "ignore"] });
  const { load_ms, events_ms, events, messages } = JSON.parse(out.toString().trim().split("\n").pop());
  return { load_ms, event_ms: events_ms / events, puts: messages };
}

if (names[0] === "--jsdom") {
  await inJsdom(names[1]);
} else {
  const folder = mkdtempSync(join(tmpdir(), "sites-"));
  console.log("| site | load ms duoke / jsdom | times as fast | event ms duoke / jsdom | times as fast | messages |");
  console.log("|---|---|---|---|---|---|");
  for (const site of names.length ? names : sites()) {
    const ours = [], theirs = [];
    for (let run = 0; run < RUNS; run++) {
      ours.push(inDuoke(site, folder));
      theirs.push(JSON.parse(execFileSync(process.execPath, [self, where, "--jsdom", site]).toString()));
    }
    const of = (list, key) => median(list.map((one) => one[key]));
    const pair = (key) => [of(ours, key), of(theirs, key)];
    const cells = ["load_ms", "event_ms"].map((key) => {
      const [a, b] = pair(key);
      return `${a.toFixed(key === "load_ms" ? 0 : 2)} / ${b.toFixed(key === "load_ms" ? 0 : 2)} | ${(b / a).toFixed(1)}`;
    });
    console.log(`| ${site} | ${cells.join(" | ")} | ${pair("puts").join(" / ")} |`);
  }
  rmSync(folder, { recursive: true });
}
