// The mirror of a busy page in a browser: node benches/mirror.mjs FOLDER_WITH_PUPPETEER_CORE [SECONDS]
//
// A page of 5,000 elements, of which one changes every 10 ms, in the workbench of `duoke dev` (target/release/duoke) in headless
// Chromium ($CHROMIUM, or chromium). Prints for SECONDS (20): how far what is shown is behind the page, how long a click takes
// until its result is shown, frames a second, the bytes that came, the memory of the host and its page at begin and end; and the
// same of the page's events while another browser does not read its stream.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { DUOKE, median } from "./replies.mjs";

const PAGE = `<!DOCTYPE html><meta charset="utf-8"><title>busy</title><p><button>click</button> <b id="clicks">0</b></p>
<p id="time"></p><ul></ul><script>
var html = '', n = 0, clicks = 0;
for (var i = 0; i < 2500; i++) html += '<li><span>row ' + i + '</span></li>';
document.getElementsByTagName('ul')[0].innerHTML = html;
var rows = document.getElementsByTagName('span'), time = document.getElementById('time');
document.getElementsByTagName('button')[0].onclick = function () { document.getElementById('clicks').innerHTML = ++clicks; };
setInterval(function () {
  n++;
  if (n % 2) time.innerHTML = String(Date.now());
  else rows[n * 7 % 2500].innerHTML = 'row at ' + n;
}, 10);
function MCS_ClientNotify() {}
</script>`;

/** Resident set size of a process and all below it, in MiB. */
function memory(pid) {
  const seen = [pid];
  let sum = 0;
  for (const process of seen) {
    sum += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${process}/status`, "utf8"))[1]) / 1024;
    seen.push(...readFileSync(`/proc/${process}/task/${process}/children`, "utf8").split(" ").filter(Boolean).map(Number));
  }
  return sum;
}

/** What happens in the workbench for a while: in the browser. */
function watch(seconds) {
  const frame = document.querySelector("#mirror iframe").contentDocument;
  const found = { lags: [], frames: 0, longest: 0 };
  const begun = performance.now();
  let before = begun, shown = "";
  return new Promise((done) => requestAnimationFrame(function look(now) {
    found.frames++;
    found.longest = Math.max(found.longest, now - before);
    before = now;
    const { textContent } = frame.querySelector("#time");
    if (textContent !== shown) found.lags.push(Date.now() - Number(shown = textContent));
    if (now - begun < seconds * 1000) requestAnimationFrame(look);
    else done(found);
  }));
}

/** Milliseconds from a click in the mirror until what the page makes of it is shown. */
async function click(page) {
  const place = await page.evaluate(() => {
    const frame = document.querySelector("#mirror iframe"), outer = frame.getBoundingClientRect();
    const box = frame.contentDocument.querySelector("button").getBoundingClientRect();
    return [outer.left + box.left + 5, outer.top + box.top + 5];
  });
  await page.evaluate(() => {
    const frame = document.querySelector("#mirror iframe").contentDocument;
    const before = frame.querySelector("#clicks").textContent;
    frame.addEventListener("mousedown", () => { window.pressed = performance.now(); }, { once: true });
    window.answered = new Promise((done) => (function look() {
      if (frame.querySelector("#clicks").textContent !== before) done(performance.now() - window.pressed);
      else requestAnimationFrame(look);
    })());
  });
  await page.mouse.click(...place);
  return page.evaluate(() => window.answered);
}

/** One that asks for the mirror and never reads it. */
function sleepy(address) {
  const { hostname, port, host } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.pause();
  socket.write(`GET /api/1/pages/kf0001/busy/mirror HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return socket;
}

async function measure(page, seconds, what) {
  let bytes = 0;
  const devtools = await page.createCDPSession();
  await devtools.send("Network.enable");
  devtools.on("Network.dataReceived", ({ dataLength }) => { bytes += dataLength; });
  const { lags, frames, longest } = await page.evaluate(watch, seconds);
  await devtools.detach();
  const clicks = [];
  for (let count = 0; count < 15; count++) clicks.push(await click(page));
  const late = lags.sort((a, b) => a - b)[Math.floor(lags.length * 0.99)];
  console.log(`${what}: ${median(lags)} ms behind the page (p99 ${late}), a click ${median(clicks).toFixed(0)} ms, `
    + `${(frames / seconds).toFixed(0)} frames/s, the longest ${longest.toFixed(0)} ms, ${(bytes / seconds / 1024).toFixed(1)} KiB/s`);
}

async function main(where, seconds) {
  const puppeteer = createRequire(join(where, "x.js"))("puppeteer-core");
  const folder = mkdtempSync(join(tmpdir(), "mirror-"));
  mkdirSync(join(folder, "busy"));
  writeFileSync(join(folder, "busy/index.html"), PAGE);
  const duoke = spawn(DUOKE, ["dev", "busy", "--console", "127.0.0.1:0"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const { console: address } = JSON.parse(await new Promise((done) => createInterface(duoke.stdout).once("line", done)));
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    await page.goto(address);
    await page.waitForFunction(() => document.querySelector("#mirror iframe")?.contentDocument.querySelector("#time")?.textContent);
    const before = memory(duoke.pid);
    await measure(page, seconds, "one browser");
    const asleep = Array.from({ length: 5 }, () => sleepy(address));
    await measure(page, seconds, "and five that do not read");
    asleep.forEach((socket) => socket.destroy());
    console.log(`host and page: ${before.toFixed(0)} MiB at the beginning, ${memory(duoke.pid).toFixed(0)} at the end`);
  } finally {
    await browser.close();
    duoke.kill();
    await new Promise((done) => duoke.once("close", done));
    rmSync(folder, { recursive: true });
  }
}

const [where, seconds = "20"] = process.argv.slice(2);
await main(resolve(where), Number(seconds));
