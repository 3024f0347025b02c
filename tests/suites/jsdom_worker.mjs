// Opens the pages whose addresses come on standard input, in turn, and writes what their probe says to standard output.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { JSDOM, VirtualConsole } = createRequire(path.join(process.argv[2], "here.js"))("jsdom");
const MARK = "suites:";
// At once, also from a page that never gives control back.
const write = (text) => fs.writeSync(1, `${text}\n`);

process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});

// A page that has had so many looks at it without telling anything new waits for what never comes. Looks, because they come
// later where the machine is busy.
const LOOKS_MAX = 32, LOOK_MS = 250;

let open;
async function run(url) {
  const virtualConsole = new VirtualConsole();
  let done = false, looks = 0;
  const end = (text) => {
    if (done) return;
    done = true;
    clearInterval(looking);
    write(text);
    setTimeout(() => { try { open?.window.close(); } catch { /* a page may have broken it */ } });
  };
  const looking = setInterval(() => { if (++looks > LOOKS_MAX) end(JSON.stringify({ end: 1, why: "too long" })); }, LOOK_MS);
  virtualConsole.on("log", (text) => {
    if (typeof text !== "string" || !text.startsWith(MARK)) return;
    looks = 0;
    const said = text.slice(MARK.length);
    if (said.startsWith('{"end"')) end(said);
    else if (!done) write(said);
  });
  try {
    open = await JSDOM.fromURL(url, { runScripts: "dangerously", resources: "usable", pretendToBeVisual: true, virtualConsole });
  } catch (error) {
    end(JSON.stringify({ end: 1, why: String(error) }));
  }
}
createInterface({ input: process.stdin }).on("line", (url) => void run(url));
