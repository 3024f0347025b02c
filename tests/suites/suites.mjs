// Which suites there are, and which pages each has.
import fs from "node:fs";
import path from "node:path";

// jQuery's modules; the rest (offset, dimensions, support) measures a layout.
const JQUERY = [
  "basic", "core", "callbacks", "deferred", "deprecated", "data", "queue", "attributes", "event", "selector", "traversing",
  "manipulation", "wrap", "serialize", "css", "effects", "ajax",
];

const wpt = (...paths) => ({ folder: "wpt", probe: "testharness", pages: (root) => paths.flatMap((it) => wptPages(root, it)) });
const qunit = (folder, page, modules) => ({
  folder,
  probe: "qunit",
  pages: () => modules.map((module) => page + (module ? `?module=${module}` : "")),
});

// By the name under which the results are kept.
export const SUITES = {
  "jquery-1.12.4": qunit("jquery-1.12.4", "test/index.html", JQUERY),
  "jquery-3.7.1": qunit("jquery-3.7.1", "test/index.html", [...JQUERY, "animation", "tween"]),
  "underscore-1.8.3": qunit("underscore-1.8.3", "test/index.html", [""]),
  "wpt-dom": wpt("dom"),
  "wpt-domparsing": wpt("domparsing"),
  "wpt-html-dom": wpt("html/dom"),
  "wpt-html-syntax": wpt("html/syntax"),
  "wpt-html-semantics": wpt("html/semantics/forms", "html/semantics/scripting-1"),
  "wpt-html-webappapis": wpt("html/webappapis"),
  "wpt-webstorage": wpt("webstorage"),
  "wpt-url": wpt("url"),
  "wpt-selection": wpt("selection"),
  "wpt-cssom": wpt("css/cssom"),
  "wpt-shadow-dom": wpt("shadow-dom"),
  "wpt-custom-elements": wpt("custom-elements"),
};

// Every testharness.js test under a folder that needs neither a person, nor a driver, nor the suite's own server.
function wptPages(root, folder) {
  return fs.readdirSync(path.join(root, folder), { recursive: true })
    .map((it) => path.posix.join(folder, it))
    .filter((it) => !/-manual\.|\.sub\.|\/(support|resources|tools)\//.test(it))
    .sort()
    .flatMap((file) => {
      const script = /\.(window|any)\.js$/.test(file);
      if (!script && !/\.(html?|xhtml)$/.test(file)) return [];
      const text = fs.readFileSync(path.join(root, file), "utf8");
      if (/testdriver/.test(text) || (!script && !text.includes("/resources/testharness.js"))) return [];
      const globals = /^\/\/ META: global=(.*)$/m.exec(text)?.[1];
      if (script && globals && !globals.includes("window")) return [];
      const variants = [...text.matchAll(script ? /^\/\/ META: variant=(.*)$/gm : /<meta name="?variant"? content="([^"]*)"/g)];
      const page = file.replace(/\.js$/, ".html");
      return variants.length ? variants.map((it) => page + it[1].trim()) : [page];
    });
}
