// What a site and its session are to any host: the files over HTTP, the client's globals, the stimuli.
import { createServer } from "node:http";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const HERE = dirname(fileURLToPath(import.meta.url));
const TESTS = dirname(HERE);
const TYPES = {
  ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".json": "application/json",
  ".png": "image/png", ".gif": "image/gif", ".svg": "image/svg+xml", ".tpl": "text/html",
};

// The folder `tests` over HTTP.
export function serve() {
  const server = createServer((request, response) => {
    // A folder is only read, as in duoke.
    if (!["GET", "HEAD"].includes(request.method)) {
      response.writeHead(405, { "Content-Type": "text/plain" }).end("Method Not Allowed");
      return;
    }
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
    const file = join(TESTS, path);
    if (!existsSync(file) || statSync(file).isDirectory()) {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("not found");
      return;
    }
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] || "application/octet-stream" });
    response.end(readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

// The client's globals, in the page before its first script.
export function client() {
  window.__put = [];
  const answer = '{"retCode":0,"errMsg":""}';
  Object.defineProperty(window, "external", {
    configurable: true,
    value: {
      PutMsg(json) { window.__put.push("put " + (typeof json === "string" ? json : JSON.stringify(json))); return answer; },
      Notice() { window.__put.push("notice"); return answer; },
    },
  });
}

// Does to the page what a stimulus of the log says (session-log.md, Types). Runs in the page.
export function act(type, data) {
  if (type.startsWith("stimulus.mcs.")) {
    if (typeof window.MCS_ClientNotify === "function") window.MCS_ClientNotify(JSON.stringify(data));
    return;
  }
  const element = document.querySelector(data.selector);
  if (!element) throw new Error("nothing matches " + data.selector);
  const fire = (kind, name, init) => element.dispatchEvent(new kind(name, { bubbles: true, cancelable: true, ...init }));
  // The setter of the prototype: React puts its own on the element.
  const assign = (key, value) => {
    let holder = Object.getPrototypeOf(element);
    while (!Object.getOwnPropertyDescriptor(holder, key)) holder = Object.getPrototypeOf(holder);
    Object.getOwnPropertyDescriptor(holder, key).set.call(element, value);
  };
  switch (type) {
    case "stimulus.ui.click":
      if (fire(MouseEvent, "mousedown", {})) {
        let next = element;
        const focusable = (node) => node.tabIndex >= 0 && !node.disabled;
        while (next && !focusable(next)) next = next.parentElement;
        // What a person typed is committed when the focus leaves; a script's value is not, in Chromium.
        const typed = window.__typed;
        if (typed && typed !== next) {
          window.__typed = null;
          if (typed === document.activeElement) typed.dispatchEvent(new Event("change", { bubbles: true }));
        }
        if (next) next.focus();
        else if (document.activeElement) document.activeElement.blur();
      }
      fire(MouseEvent, "mouseup", {});
      element.click();
      break;
    case "stimulus.ui.input":
      element.focus();
      fire(KeyboardEvent, "keydown", {});
      assign("value", data.value);
      window.__typed = element;
      fire(InputEvent, "input", {});
      fire(KeyboardEvent, "keyup", {});
      break;
    case "stimulus.ui.change":
      if (element.type === "checkbox" || element.type === "radio") {
        assign("checked", data.value);
      } else if (Array.isArray(data.value)) {
        Array.prototype.forEach.call(element.options, (option) => { option.selected = data.value.includes(option.value); });
      } else {
        assign("value", data.value);
      }
      fire(Event, "input", {});
      fire(Event, "change", {});
      break;
    case "stimulus.ui.submit":
      element.requestSubmit();
      break;
    case "stimulus.ui.key":
      ["keydown", "keypress", "keyup"].forEach((name) => fire(KeyboardEvent, name, { key: data.value }));
      break;
    default:
      throw new Error("no such stimulus: " + type);
  }
}

export function stimuli(site) {
  return readFileSync(join(HERE, "sites", site, "session.jsonl"), "utf8").split("\n").filter((line) => line.trim()).map((line) => {
    const parsed = JSON.parse(line);
    if (parsed.type) return { type: parsed.type, data: parsed.data };
    const data = parsed.useraccount ? { ...parsed, userid: parsed.useraccount } : parsed;
    return { type: "stimulus.mcs." + parsed.event, data };
  });
}

// The sites' names.
export function sites() {
  return readdirSync(join(HERE, "sites")).filter((name) => existsSync(join(HERE, "sites", name, "session.jsonl")));
}
