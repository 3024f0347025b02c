// The results that the repository keeps: for each suite a file with one line for each page (of WPT) or test (of QUnit).
import fs from "node:fs";
import { SUITES } from "./suites.mjs";

const file = (suite) => new URL(`./results/${suite}.jsonl`, import.meta.url);
// Names of tests that jsdom passes and we do not: enough to see what it is, not so many that the files grow large.
const NAMES_MAX = 5, NAMES_OF_MODULE_MAX = 200, NAME_MAX = 90;

function read(suite) {
  if (!fs.existsSync(file(suite))) return [];
  return fs.readFileSync(file(suite), "utf8").trimEnd().split("\n").map((it) => JSON.parse(it));
}

export function write(suite, results) {
  fs.writeFileSync(file(suite), results.map((it) => `${JSON.stringify(it)}\n`).join(""));
}

const passed = (found) => found.tests.filter((it) => it.passed);

// Lines from what was found in each, a peer's null where it has not run. `of`: what the more talkative one of duoke and jsdom
// knows of.
export function merge(duoke, jsdom, lightpanda) {
  const ended = (it) => (!it || it.ended === "completed" ? undefined : it.ended.slice(0, NAME_MAX));
  return [...duoke].map(([page, here]) => {
    const there = jsdom?.get(page), third = lightpanda?.get(page), mine = new Set(passed(here).map((it) => it.name));
    const lost = there ? passed(there).map((it) => it.name).filter((it) => !mine.has(it)) : [];
    const names = lost.slice(0, page.includes("index.html") ? NAMES_OF_MODULE_MAX : NAMES_MAX).map((it) => it.slice(0, NAME_MAX));
    return {
      page,
      of: Math.max(here.tests.length, there?.tests.length ?? 0),
      duoke: passed(here).length,
      jsdom: there ? passed(there).length : null,
      lightpanda: third ? passed(third).length : null,
      duokeEnded: ended(here),
      jsdomEnded: ended(there),
      ...(lost.length ? { lost: lost.length, names } : {}),
    };
  });
}

// A table of all that is kept, by suite and by folder within it.
export function table() {
  const rows = Object.keys(SUITES).flatMap((suite) => {
    const lines = read(suite), groups = new Map();
    for (const it of lines) {
      const group = groupOf(suite, it.page);
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(it);
    }
    return groups.size > 1 ? [[`**${suite}**`, lines], ...groups] : [[`**${suite}**`, lines]];
  });
  const sum = (lines, of) => lines.reduce((total, it) => total + (it[of] ?? 0), 0);
  const text = rows.filter(([, lines]) => lines.length).map(([name, lines]) => {
    const ran = (peer) => lines.some((it) => (it[peer] ?? null) !== null);
    const of = (peer) => (ran(peer) ? sum(lines, peer) : "not run");
    const lost = ran("jsdom") ? sum(lines, "lost") : "";
    return `| ${name} | ${lines.length} | ${sum(lines, "of")} | ${sum(lines, "duoke")} | ${of("jsdom")} | ${lost} | ${of("lightpanda")} |\n`;
  });
  return `| | pages | tests | duoke | jsdom | only jsdom | lightpanda |\n|---|---:|---:|---:|---:|---:|---:|\n${text.join("")}`;
}

const groupOf = (suite, page) => (suite.startsWith("wpt") ? page.split("/").slice(0, page.startsWith("dom") ? 2 : 3).filter((it) => !/\.x?html?/.test(it)).join("/") : page.replace(/^.*=/, ""));
