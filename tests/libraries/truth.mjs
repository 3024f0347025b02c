// Records what Chromium makes of the sites: `node truth.mjs [SITE…]` writes sites/*/expected.txt.
//
// Chromium is driven over its debugging pipe, in virtual time, with the page's clock, zone, language and size set as
// duoke has them. Each line of session.jsonl is done to the page, which then runs on for SETTLE_MS. Needs Node 20 and a
// chromium on the path (CHROMIUM names another); tests need neither.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HERE, act, client, serve, sites, stimuli } from "./session.mjs";

const SETTLE_MS = 3000; // as in tests/libraries/sites.rs
const FRAMES_MAX = 100;
const FRAME_MS = 50;
const START_S = 1577836800; // 2020-01-01T00:00:00Z

// One Chromium and its debugging pipe: JSON messages that end in a zero byte.
class Browser {
  constructor() {
    this.profile = mkdtempSync(join(tmpdir(), "truth-"));
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
      "--disable-background-networking", `--user-data-dir=${this.profile}`, "--window-size=420,640", "about:blank"];
    this.process = spawn(process.env.CHROMIUM || "chromium", flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.next = 1;
    this.waiting = new Map();
    this.listeners = [];
    let rest = "";
    this.process.stdio[4].setEncoding("utf8").on("data", (chunk) => {
      const parts = (rest + chunk).split("\0");
      rest = parts.pop();
      parts.forEach((part) => this.hear(JSON.parse(part)));
    });
  }
  hear(message) {
    if (message.id) {
      const { resolve, reject, method } = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.error) reject(new Error(`${method}: ${message.error.message}`));
      else resolve(message.result);
    } else {
      this.listeners.slice().forEach((listener) => listener(message));
    }
  }
  send(method, params = {}, sessionId = undefined) {
    const id = this.next++;
    this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, method }));
  }
  once(method, sessionId) {
    return new Promise((resolve) => {
      const listener = (message) => {
        if (message.method !== method || message.sessionId !== sessionId) return;
        this.listeners.splice(this.listeners.indexOf(listener), 1);
        resolve(message.params);
      };
      this.listeners.push(listener);
    });
  }
  close() {
    this.process.kill("SIGKILL");
    this.process.once("exit", () => rmSync(this.profile, { recursive: true, force: true, maxRetries: 9, retryDelay: 100 }));
  }
}

// Frames are drawn by the clock on the wall, so those of the page's clock are timers. Runs in the page.
function frames() {
  window.requestAnimationFrame = (callback) => setTimeout(() => callback(performance.now()), 16);
  window.cancelAnimationFrame = (id) => clearTimeout(id);
}

async function record(browser, origin, site) {
  const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
  const send = (method, params) => browser.send(method, params, sessionId);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true });
    return exceptionDetails ? { thrown: exceptionDetails.exception?.description || exceptionDetails.text } : result.value;
  };
  const faults = [];
  browser.listeners.push((message) => {
    if (message.sessionId === sessionId && message.method === "Runtime.exceptionThrown") {
      const { exception, text } = message.params.exceptionDetails;
      faults.push("fault " + (exception?.description || text).split(/[:\n]/)[0]);
    }
  });
  const run = async (params = {}) => {
    const expired = browser.once("Emulation.virtualTimeBudgetExpired", sessionId);
    await send("Emulation.setVirtualTimePolicy", { policy: "pauseIfNetworkFetchesPending", budget: SETTLE_MS, ...params });
    await expired;
  };
  // In virtual time nobody draws, and what is not drawn does not move: frames are asked for until animations have ended.
  const settle = async () => {
    await run();
    for (let frames = 0; frames < FRAMES_MAX && await evaluate("document.getAnimations().length > 0"); frames++) {
      await send("Page.captureScreenshot");
      await run({ budget: FRAME_MS });
    }
  };
  await send("Page.enable");
  await send("Runtime.enable");
  await send("Emulation.setDeviceMetricsOverride", { width: 420, height: 640, deviceScaleFactor: 1, mobile: false });
  await send("Emulation.setTimezoneOverride", { timezoneId: "Asia/Shanghai" });
  await send("Emulation.setLocaleOverride", { locale: "zh-CN" });
  await send("Page.addScriptToEvaluateOnNewDocument", { source: `(${client})()` });
  await send("Page.addScriptToEvaluateOnNewDocument", { source: `(${frames})()` });
  await send("Emulation.setVirtualTimePolicy", { policy: "pause", initialVirtualTime: START_S });
  const lines = [];
  const take = async () => {
    lines.push(...(await evaluate("window.__put.splice(0)")), ...faults.splice(0));
  };
  lines.push("load");
  await send("Page.navigate", { url: `${origin}/libraries/sites/${site}/index.html` });
  await settle();
  await take();
  for (const { type, data } of stimuli(site)) {
    lines.push(`${type} ${JSON.stringify(data)}`);
    const outcome = await evaluate(`(${act})(${JSON.stringify(type)}, ${JSON.stringify(data)})`);
    if (outcome?.thrown) faults.push("fault " + outcome.thrown.split(/[:\n]/)[0]);
    await settle();
    await take();
  }
  const html = await evaluate("(document.doctype ? '<!DOCTYPE ' + document.doctype.name + '>' : '') + document.documentElement.outerHTML");
  // The source of inline scripts says nothing about what happened.
  lines.push("document", html.replace(/(<script[^>]*>)[^]*?<\/script>/g, "$1</script>"));
  await browser.send("Target.closeTarget", { targetId });
  return lines.join("\n").replaceAll(origin, "ORIGIN") + "\n";
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : sites();
const server = await serve();
const browser = new Browser();
try {
  for (const site of chosen) {
    const text = await record(browser, `http://127.0.0.1:${server.address().port}`, site);
    writeFileSync(join(HERE, "sites", site, "expected.txt"), text);
    console.log(`${site}: ${text.split("\n").length} lines`);
  }
} finally {
  browser.close();
  server.close();
}
