// The loopback server of a suite's files: with the probe in them, what `.window.js` and `.any.js` mean, and PHP if it is there.
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";

const TYPES = {
  ".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml", ".js": "text/javascript", ".mjs": "text/javascript",
  ".css": "text/css", ".xml": "text/xml", ".json": "application/json", ".txt": "text/plain", ".svg": "image/svg+xml",
  ".png": "image/png", ".gif": "image/gif", ".jpg": "image/jpeg",
};
const probe = (name) => fs.readFileSync(new URL(`./probe/${name}.js`, import.meta.url), "utf8");

// A page that has the probe, or that the suite's server would make; undefined: the file as it is.
function made(file, url) {
  if (url === "/resources/testharnessreport.js") return probe("testharness");
  const script = file.replace(/\.html$/, ".js");
  if (/\.(any|window)\.html$/.test(file) && !fs.existsSync(file) && fs.existsSync(script)) {
    const needed = [...fs.readFileSync(script, "utf8").matchAll(/^\/\/ META: script=(.*)$/gm)].map((it) => it[1].trim());
    const tags = ["/resources/testharness.js", "/resources/testharnessreport.js", ...needed].map((it) => `<script src="${it}"></script>`);
    const kinds = "isWindow:()=>true,isWorker:()=>false,isShadowRealm:()=>false";
    return `<!doctype html><meta charset=utf-8>${tags.join("")}<div id=log></div><script>self.GLOBAL={${kinds}}</script>` +
      `<script src="${path.basename(script)}"></script>`;
  }
  // jQuery 3 makes it when it is built.
  if (url === "/test/data/qunit-fixture.js" && !fs.existsSync(file)) {
    return `QUnit.config.fixture = ${JSON.stringify(fs.readFileSync(file.replace(/js$/, "html"), "utf8"))};`;
  }
  if (/\/test\/index\.html$/.test(file)) {
    const tag = /<script[^>]*\bsrc="[^"]*\/qunit\.js"[^>]*><\/script>/;
    return fs.readFileSync(file, "utf8").replace(tag, (it) => `${it}<script>${probe("qunit")}</script>`);
  }
  return undefined;
}

// Starts PHP's own server; undefined where there is no PHP.
async function php(root) {
  const free = net.createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address();
  free.close();
  const child = spawn("php", ["-S", `127.0.0.1:${port}`, "-t", root], {
    stdio: ["ignore", "ignore", "pipe"],
    // A worker sleeps on where a test has given up what it waits for: jQuery's keep some twenty at once.
    env: { ...process.env, PHP_CLI_SERVER_WORKERS: "32" },
    detached: true, // a group of its own: it leaves its workers behind
  });
  const started = await Promise.race([once(child.stderr, "data"), once(child, "error").then(() => null)]);
  if (!started) return undefined;
  child.stderr.resume();
  return { port, stop: () => process.kill(-child.pid) };
}

function forward(request, response, port) {
  const { method, url, headers } = request;
  const onward = http.request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  request.pipe(onward);
}

function extraHeaders(file) {
  if (!fs.existsSync(`${file}.headers`)) return [];
  return fs.readFileSync(`${file}.headers`, "utf8").split("\n").map((it) => /^([^:]+):\s*(.*)$/.exec(it)?.slice(1, 3)).filter(Boolean);
}

export async function serve(root) {
  const scripts = await php(root);
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    // The address a page was opened with has a ticket of the seat; a suite expects its own.
    if (url.searchParams.has("ticket")) {
      const rest = url.search.slice(1).split("&").filter((it) => !it.startsWith("ticket="));
      // What has no value got an equals sign.
      response.writeHead(302, { location: url.pathname + (rest.length ? "?" : "") + rest.join("&").replace(/=(?=&|$)/g, "") }).end();
      return;
    }
    let file;
    // jQuery 3 finds its own file beside the last script there is: in jsdom that is one further down.
    if (url.pathname.startsWith("/test/dist/")) url.pathname = url.pathname.slice("/test".length);
    try { file = path.join(root, path.normalize(decodeURIComponent(url.pathname))); } catch { file = ""; }
    if (/\.php(\/|$)/.test(url.pathname) && scripts) return forward(request, response, scripts.port);
    request.resume();
    const body = file.startsWith(root) ? made(file, url.pathname) : undefined;
    if (body === undefined && !(file.startsWith(root) && fs.statSync(file, { throwIfNoEntry: false })?.isFile())) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", TYPES[path.extname(file)] ?? "application/octet-stream");
    for (const [name, value] of extraHeaders(file)) try { response.setHeader(name, value); } catch { /* not a header */ }
    response.end(body ?? fs.readFileSync(file));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    php: Boolean(scripts),
    stop() { scripts?.stop(); server.closeAllConnections(); server.close(); },
  };
}
