// Those that run a page: each gives its results one by one, and says how it ended.
import fs from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";
import net from "node:net";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MARK = "suites:";
// A page's last word, in testharness.js's numbers.
const endOf = (said) => (said.end === 0 ? "completed" : said.why ?? ["", "error", "timed out", "precondition failed"][said.end] ?? String(said.end));

// Longest time without a word from a process, on a machine that others use too: a hang, or a page that computes for ever.
// A page of duoke has its own bound, in processor time, and is silent within a task.
const SILENCE_MS_MAX = { duoke: 300_000, jsdom: 30_000, lightpanda: 8_000 };

const LIMITS = {
  // Processor time. A module of QUnit is one turn.
  turn_soft_ms: 60_000, turn_hard_ms: 70_000, memory_bytes: 2_000_000_000, requests_per_turn: 100_000, timers: 1_000_000,
  tasks: 1_000_000, effects_per_turn: 1_000_000, turn_bytes: 67_108_864, console_lines_per_turn: 1_000_000,
  faults_per_turn: 100_000, navigations_per_turn: 1_000, dom_nodes: 10_000_000,
};

// Kills `child` once nothing came for that long; gives what restarts the wait.
function watch(child, ms, late) {
  let timer;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { late(); child.kill("SIGKILL"); }, ms);
  };
  again();
  return { again, stop: () => clearTimeout(timer) };
}

// A process for each page, in `folder`. Page time goes as fast as it can, so that no page waits for a timer.
export function duoke(program, folder) {
  const limits = Object.entries(LIMITS).map(([name, value]) => `${name} = ${value}\n`).join("");
  fs.writeFileSync(path.join(folder, "duoke.toml"), `[limits]\n${limits}`);
  // Two things to be told, far apart, so that page time passes between them.
  const line = (time) => JSON.stringify({ type: "stimulus.mcs.OnSuites", time, data: {} });
  fs.writeFileSync(path.join(folder, "time.jsonl"), `${line("2020-01-01T00:00:00Z")}\n${line("2020-01-01T00:20:00Z")}\n`);
  return {
    run(url, tell) {
      return new Promise((resolve) => {
        const options = ["run", url, "--allow", new URL(url).origin, "--events", "time.jsonl", "--all"];
        const child = spawn(program, options, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
        let ended = "not completed", faults = [];
        const silence = watch(child, SILENCE_MS_MAX.duoke, () => { ended = "too long"; });
        createInterface({ input: child.stdout }).on("line", (text) => {
          silence.again();
          let line;
          try { line = JSON.parse(text); } catch { return; }
          if (line.type?.startsWith("fault.") && faults.length < 3) faults.push(`${line.type}: ${line.data.message ?? JSON.stringify(line.data).slice(0, 200)}`);
          const said = line.type === "console.log" && line.data.text.startsWith(MARK) && JSON.parse(line.data.text.slice(MARK.length));
          if (!said) return;
          if ("end" in said) { ended = endOf(said); child.kill("SIGKILL"); } else tell(said);
        });
        child.on("error", (error) => { silence.stop(); resolve({ ended: String(error), faults }); });
        child.on("close", () => { silence.stop(); resolve({ ended, faults }); });
      });
    },
    stop() {},
  };
}

// One process for many pages, a fresh one after one that died or never came back. `folder` has jsdom in its node_modules.
export function jsdom(folder) {
  const worker = fileURLToPath(new URL("./jsdom_worker.mjs", import.meta.url));
  let child, hear;
  const start = () => {
    child = spawn(process.execPath, ["--max-old-space-size=2000", worker, folder], { stdio: ["pipe", "pipe", "ignore"] });
    createInterface({ input: child.stdout }).on("line", (text) => hear?.(JSON.parse(text)));
    child.stdin.on("error", () => {});
    child.on("close", () => { child = undefined; hear?.({ end: "died" }); });
  };
  return {
    run(url, tell) {
      return new Promise((resolve) => {
        if (!child) start();
        let ended;
        const silence = watch(child, SILENCE_MS_MAX.jsdom, () => { ended = "too long"; });
        hear = (said) => {
          silence.again();
          if (!("end" in said)) return tell(said);
          silence.stop();
          hear = undefined;
          resolve({ ended: ended ?? endOf(said), faults: [] });
        };
        child.stdin.write(`${url}\n`);
      });
    },
    stop() { child?.kill("SIGKILL"); },
  };
}

// The program of PyPI's wheel `lightpanda`, a process for each page, over CDP. `folder` has playwright-core in its node_modules.
export function lightpanda(program, folder) {
  const { chromium } = createRequire(path.join(folder, "x.js"))("playwright-core");
  return {
    async run(url, tell) {
      const port = await freePort();
      const env = { ...process.env, LIGHTPANDA_DISABLE_TELEMETRY: "true" };
      const child = spawn(program, ["serve", "--host", "127.0.0.1", "--port", String(port), "--log-level", "error"], { stdio: "ignore", env });
      const died = new Promise((resolve) => child.on("close", () => resolve("died")));
      const told = new Promise((resolve) => {
        const silence = watch(child, SILENCE_MS_MAX.lightpanda, () => resolve("not completed"));
        const hear = (text) => {
          if (!text.startsWith(MARK)) return;
          silence.again();
          const said = JSON.parse(text.slice(MARK.length));
          if ("end" in said) { silence.stop(); resolve(endOf(said)); } else tell(said);
        };
        died.then(silence.stop);
        openIn(chromium, port, url, hear).catch(() => {});
      });
      const ended = await Promise.race([told, died]);
      child.kill("SIGKILL");
      return { ended, faults: [] };
    },
    stop() {},
  };
}

const freePort = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, "127.0.0.1", () => { const { port } = server.address(); server.close(() => resolve(port)); });
});

async function openIn(chromium, port, url, hear) {
  const isUp = () => new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1", () => { socket.end(); resolve(true); }).on("error", () => resolve(false));
  });
  while (!await isUp()) await new Promise((resolve) => setTimeout(resolve, 5));
  const browser = await chromium.connectOverCDP(`ws://127.0.0.1:${port}`);
  const page = await (browser.contexts()[0] ?? await browser.newContext()).newPage();
  page.on("console", (message) => hear(message.text()));
  await page.goto(url, { waitUntil: "commit" });
}
