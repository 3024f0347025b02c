// A save under `duoke dev` beside jsdom: node benches/dev.mjs FOLDER_WITH_JSDOM [RUNS]
//
// The page of benches/replies.mjs, in turn RUNS (15) times: app.js is written, until the reloaded page has been told its
// customer again (target/release/duoke: until the workbench's stream says so; jsdom: fs.watch, a fresh window, the event). Then
// 100 recordings of 5 events, done again at each of RUNS saves. Prints medians and ratios.
import { fork, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DUOKE, inJsdom, median, plugin, record } from "./replies.mjs";

/** How long `duoke dev` waits for a burst of saves to end (SAVES_BURST_TIME). */
const BURST_MS = 40;
const [SESSIONS, EVENTS] = [100, 5];
const PAUSE_MS = 150;
const CUSTOMER = JSON.stringify({ event: "OnUserChange", channeltype: "1", useraccount: "oCustomer1" });

/** `duoke dev`, and the lines of its workbench as they come. */
async function develop(folder, page) {
  const child = spawn(DUOKE, ["dev", page, "--console", "127.0.0.1:0"], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const first = await new Promise((done) => createInterface(child.stdout).once("line", done));
  const { console: address } = JSON.parse(first);
  const stream = (await fetch(`${address}/api/1/stream`)).body.pipeThrough(new TextDecoderStream());
  const waiting = [];
  (async () => {
    let text = "";
    for await (const chunk of stream) {
      text += chunk;
      const events = text.split("\n\n");
      text = events.pop();
      for (const data of events.filter((event) => event.startsWith("event: line") || event.includes("\nevent: line"))) {
        const line = JSON.parse(/^data: ?(.*)$/m.exec(data)[1]);
        waiting.filter(({ is }) => is(line)).forEach(({ done }) => done(line));
      }
    }
  })().catch(() => {});
  return {
    line: (is) => new Promise((done) => waiting.push({ is, done })),
    api: async (path) => (await fetch(`${address}/api/1/${path}`)).json(),
    end: () => new Promise((done) => { child.once("close", done); child.kill(); }),
  };
}

/** A pause, as between two saves of a person. */
const pause = () => new Promise((done) => setTimeout(done, PAUSE_MS));

/** Milliseconds until the save is noticed, the page opened in jsdom and told its customer. */
async function jsdomReloads(where, page, script) {
  const file = join(page, "app.js");
  const seen = new Promise((done) => { const watcher = watch(file, () => { watcher.close(); done(); }); });
  const begun = performance.now();
  writeFileSync(file, script);
  await seen;
  const opened = await inJsdom(where, page);
  await opened.fire(CUSTOMER);
  const took = performance.now() - begun;
  opened.close();
  return took;
}

/** A process of its own for it, so that what it leaves behind to be collected is in nobody else's way. */
function jsdomBeside(where, page) {
  const child = fork(fileURLToPath(import.meta.url), [where, "--jsdom", page]);
  return {
    reloads: (script) => new Promise((done) => { child.once("message", done); child.send(script); }),
    end: () => child.kill(),
  };
}

async function reloads(where, folder, runs) {
  const [page, other] = ["here", "there"].map((name) => plugin(join(folder, name)));
  const script = readFileSync(join(page, "app.js"), "utf8");
  let version = 0;
  const next = () => script.replaceAll("您好", `您好${++version}`);
  const dev = await develop(folder, page);
  const beside = jsdomBeside(where, other);
  const [here, there] = [[], []];
  for (let run = 0; run <= runs; run++) {
    await pause();
    const reloaded = dev.line(({ type }) => type === "dev.reload");
    const replayed = dev.line(({ type }) => type === "dev.replay");
    const begun = performance.now();
    writeFileSync(join(page, "app.js"), next());
    const { data } = await reloaded;
    const took = performance.now() - begun;
    if (!data.ok) throw new Error(JSON.stringify(data));
    await replayed;
    const jsdom = await beside.reloads(next());
    if (run > 0) [here, there].forEach((list, at) => list.push([took - BURST_MS, jsdom][at]));
  }
  beside.end();
  await dev.end();
  console.log(`save to told again, beyond the ${BURST_MS} ms of a burst: ${median(here).toFixed(1)} ms; jsdom ${median(there).toFixed(1)} ms, ${(median(there) / median(here)).toFixed(1)} times as long`);
}

async function replays(folder, runs) {
  const page = plugin(folder);
  record(page, SESSIONS, EVENTS);
  const script = readFileSync(join(page, "app.js"), "utf8");
  const dev = await develop(folder, page);
  const took = [];
  for (let run = 0; run <= runs; run++) {
    await pause();
    const replayed = dev.line(({ type }) => type === "dev.replay");
    writeFileSync(join(page, "app.js"), `${script}\n// ${run}\n`);
    await replayed;
    const { replay } = await dev.api("dev");
    if (replay.sessions !== SESSIONS || replay.changed.length || replay.troubles.length) throw new Error(JSON.stringify(replay));
    if (run > 0) took.push(replay.took_ms);
  }
  await dev.end();
  console.log(`${SESSIONS} recordings of ${EVENTS} events done again: ${median(took).toFixed(0)} ms`);
}

async function measured(where, runs) {
  for (const measure of [(folder) => reloads(where, folder, runs), (folder) => replays(folder, runs)]) {
    const folder = mkdtempSync(join(tmpdir(), "dev-"));
    try {
      await measure(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

const [where, runs = "15", page] = process.argv.slice(2);
if (runs === "--jsdom") {
  process.on("message", async (script) => process.send(await jsdomReloads(where, page, script)));
} else {
  await measured(resolve(where), Number(runs));
}
