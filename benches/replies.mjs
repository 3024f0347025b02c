// What the measurements beside jsdom share: the plugin of tests/libraries/pages/jquery (jQuery 1.11.1; each event writes 50 rows
// anew), sessions of it, and how jsdom opens it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const LIBRARIES = join(HERE, "../tests/libraries");
export const DUOKE = process.env.DUOKE || join(HERE, "../target/release/duoke");

export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** The plugin, with its library beside it. */
export function plugin(folder) {
  const plugin = join(folder, "replies");
  cpSync(join(LIBRARIES, "pages/jquery"), plugin, { recursive: true });
  cpSync(join(LIBRARIES, "node_modules/jquery-1.11/dist/jquery.js"), join(plugin, "jquery.js"));
  const page = join(plugin, "index.html");
  writeFileSync(page, readFileSync(page, "utf8").replace("../../node_modules/jquery-1.11/dist/jquery.js", "jquery.js"));
  writeFileSync(join(plugin, "plugin.toml"), 'name = "replies"\npage = "index.html"\n');
  return plugin;
}

/** Records so many sessions of it, of so many events. */
export function record(plugin, sessions, events) {
  mkdirSync(join(plugin, "sessions"));
  const log = join(dirname(plugin), "log.jsonl");
  for (let session = 0; session < sessions; session++) {
    const lines = Array.from({ length: events }, (_, at) => JSON.stringify(event(session, at)) + "\n");
    writeFileSync(log, lines.join(""));
    const file = join(plugin, "sessions", `${String(session).padStart(4, "0")}.jsonl`);
    execFileSync(DUOKE, ["run", plugin, "--events", log, "--record", file, "--no-redact"], { stdio: ["ignore", "ignore", "inherit"] });
  }
}

const event = (session, at) => at % 2 === 0
  ? { event: "OnUserChange", channeltype: "1", useraccount: `oSession${session}x${at >> 2}` }
  : { event: "OnMapMsgClick", latitude: 22 + ((session * 61 + at) % 997) / 500, longitude: 113 + ((session * 83 + at) % 991) / 500,
      location: `广州市海珠区新港中路${session}号`, scale: String(10 + (at % 9)) };

/** Opens it in jsdom, which is in this folder: `fire` tells it an event, `came` has what it put. */
export async function inJsdom(where, plugin) {
  const { JSDOM, VirtualConsole } = createRequire(join(where, "x.js"))("jsdom");
  const came = [];
  const dom = await JSDOM.fromFile(join(plugin, "index.html"), {
    runScripts: "dangerously", resources: "usable", virtualConsole: new VirtualConsole(),
    beforeParse(window) {
      window.external = { PutMsg(json) { came.push(JSON.parse(json)); return '{"retCode":0,"errMsg":""}'; }, Notice() {} };
    },
  });
  if (dom.window.document.readyState !== "complete") await new Promise((done) => dom.window.addEventListener("load", done));
  const fire = async (event) => {
    dom.window.MCS_ClientNotify(event);
    await new Promise(setImmediate);
  };
  return { came, fire, close: () => dom.window.close() };
}
