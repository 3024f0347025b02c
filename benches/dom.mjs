// The document's operations beside jsdom: node benches/dom.mjs DUOKE FOLDER_WITH_JSDOM FOLDER_WITH_JQUERY [OPERATION…]
//
// Opens benches/dom.html in duoke and in jsdom, each operation in processes of its own: once with a few events and once
// with more, so that the difference of the processor times is what events cost, and nothing of it is loading. Prints ms an
// event, and for what should grow with the page how many times as long four times as many nodes take. What is cut short,
// duoke's turns at MS_MAX and a jsdom that takes twice as long for all of it, is shown as `>`.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const self = fileURLToPath(import.meta.url);
const RUNS = Number(process.env.RUNS || 3);
const MS_MAX = 60_000;
const MS_PLAIN = 1_000, EVENTS_MAX = 5_000;
const SMALL = 2_500, LARGE = 10_000;

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const event = (at) => JSON.stringify({ event: "OnUserChange", useraccount: `oA${at}` });

// Processor time in ms of a whole process with its children: the shell's own `times` has them.
function cpuOf(command, cwd) {
  const script = `timeout ${(2 * MS_MAX) / 1000} ${command.map((word) => `'${word}'`).join(" ")} >out 2>err; [ $? = 124 ] && echo fault.timeout done >>out; times`;
  const { stdout } = spawnSync("bash", ["-c", script], { cwd, encoding: "utf8" });
  const [user, system] = stdout.trim().split("\n")[1].split(" ").map((text) => {
    const [minutes, seconds] = text.slice(0, -1).split("m");
    return (Number(minutes) * 60 + Number(seconds)) * 1000;
  });
  const out = readFileSync(join(cwd, "out"), "utf8") + readFileSync(join(cwd, "err"), "utf8");
  if (!/done/.test(out)) throw new Error(`${command.join(" ")}: ${out.slice(0, 400)}`);
  return { ms: user + system, isCut: /fault\.timeout/.test(out) };
}

function inDuoke(duoke, folder, operation, count, events) {
  writeFileSync(join(folder, "events.jsonl"), Array.from({ length: events }, (_, at) => event(at) + "\n").join(""));
  return cpuOf([duoke, "run", `dom.html?${operation},${count}`, "--events", "events.jsonl", "--all"], folder);
}

function inJsdom(where, folder, operation, count, events) {
  return cpuOf([process.execPath, ...process.execArgv, self, "--jsdom", where, folder, operation, String(count), String(events)], folder);
}

async function jsdomAlone([where, folder, operation, count, events]) {
  const { JSDOM, VirtualConsole } = createRequire(join(resolve(where), "x.js"))("jsdom");
  const virtualConsole = new VirtualConsole().on("error", (...said) => console.error(...said)).on("jsdomError", (error) => console.error(error));
  const url = `${pathToFileURL(join(folder, "dom.html"))}?${operation},${count}`;
  const dom = await JSDOM.fromFile(join(folder, "dom.html"), { url, runScripts: "dangerously", resources: "usable", virtualConsole });
  if (dom.window.document.readyState !== "complete") await new Promise((done) => dom.window.addEventListener("load", done));
  for (let at = 0; at < Number(events); at++) dom.window.MCS_ClientNotify(event(at));
  console.log("done");
  process.exit(0);
}

// What one event costs: the difference of two runs, divided; the longer one does so many that the difference is plain.
function cost(run, operation, count) {
  const one = run(operation, count, 1).ms;
  let more = 1;
  for (;;) {
    const { ms, isCut } = run(operation, count, 1 + more);
    if (isCut) return Infinity;
    if (ms - one > MS_PLAIN || more === EVENTS_MAX) break;
    more = Math.min(EVENTS_MAX, more * Math.max(2, Math.ceil((1.2 * MS_PLAIN) / Math.max(ms - one, MS_PLAIN / 10))));
  }
  const timed = (events) => median(Array.from({ length: RUNS }, () => run(operation, count, events).ms));
  return Math.max(timed(1 + more) - timed(1), 0) / more;
}

const shown = (ms) => (ms === Infinity ? `>${MS_MAX}` : ms < 10 ? ms.toFixed(2) : ms.toFixed(0));

if (process.argv[2] === "--jsdom") {
  await jsdomAlone(process.argv.slice(3));
} else {
  const [duoke, jsdom, jquery, ...wanted] = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), "dom-"));
  copyFileSync(join(dirname(self), "dom.html"), join(folder, "dom.html"));
  copyFileSync(join(jquery, "jquery.min.js"), join(folder, "jquery.min.js"));
  writeFileSync(join(folder, "duoke.toml"), `[limits]\nturn_soft_ms = ${MS_MAX}\nturn_hard_ms = ${2 * MS_MAX}\ndom_nodes = 10000000\nmemory_bytes = 4294967296\n`);
  const operations = [...readFileSync(join(folder, "dom.html"), "utf8").matchAll(/^ {2}(\w+): (fixed|grows)\(/gm)].map(([, name, kind]) => ({ name, kind }));
  const chosen = operations.filter(({ name }) => !wanted.length || wanted.includes(name));
  const ours = (...what) => inDuoke(resolve(duoke), folder, ...what), theirs = (...what) => inJsdom(jsdom, folder, ...what);
  console.log("| operation | duoke ms | jsdom ms | times as fast |\n|---|---|---|---|");
  for (const { name } of chosen.filter(({ kind }) => kind === "fixed")) {
    const [a, b] = [ours, theirs].map((run) => cost(run, name, 200));
    console.log(`| ${name} | ${shown(a)} | ${shown(b)} | ${(b / a).toFixed(1)} |`);
  }
  console.log(`\n| operation | duoke ms at ${SMALL}, ${LARGE} | grows | jsdom ms at ${SMALL}, ${LARGE} | grows |\n|---|---|---|---|---|`);
  for (const { name } of chosen.filter(({ kind }) => kind === "grows")) {
    const cells = [ours, theirs].map((run) => {
      const [a, b] = [SMALL, LARGE].map((count) => cost(run, name, count));
      return `${shown(a)}, ${shown(b)} | ${b === Infinity ? "" : (b / a).toFixed(1)}`;
    });
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
  rmSync(folder, { recursive: true });
}
