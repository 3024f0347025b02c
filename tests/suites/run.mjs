// Runs suites and keeps their results; see HELP.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as peers from "./peers.mjs";
import { serve } from "./serve.mjs";
import { SUITES } from "./suites.mjs";
import { merge, table, write } from "./results.mjs";

const HELP = `usage: scripts/suites DIR [SUITE…]

Runs test suites that others wrote, from a loopback server, in duoke and in jsdom, and writes tests/suites/results.
DIR is where they were unpacked; tests/suites/README.md says how, and how PHP and the peers are obtained.

  --only TEXT    only pages with this in their address: prints what fails here and why, writes nothing
  --peer NAME    only duoke, jsdom or lightpanda; the others' are those of the last run, which are in DIR
  --lightpanda FILE   its program: without it, it is left out
  --duoke FILE   the program, by default target/release/duoke
  --jobs N       pages at once, by default 2
  --table        prints the results there are

suites: ${Object.keys(SUITES).join(" ")}
`;

const stop = (what, hint) => {
  process.stderr.write(`scripts/suites: ${what}\nscripts/suites: hint: ${hint}\n`);
  process.exit(96);
};

function chosen() {
  const text = { type: "string" };
  const options = { only: text, peer: text, duoke: text, lightpanda: text, jobs: { ...text, default: "2" }, table: { type: "boolean" }, help: { type: "boolean" } };
  let parsed;
  try { parsed = parseArgs({ options, allowPositionals: true }); } catch (error) { stop(error.message, "scripts/suites --help"); }
  const { values, positionals: [folder, ...names] } = parsed;
  if (values.table) { process.stdout.write(table()); process.exit(0); }
  if (values.help || !folder) { process.stdout.write(HELP); process.exit(values.help ? 0 : 2); }
  const unknown = names.find((it) => !SUITES[it]);
  if (unknown) stop(`there is no suite ${unknown}`, `it is one of ${Object.keys(SUITES).join(" ")}`);
  const root = path.resolve(folder);
  const there = (it) => fs.existsSync(path.join(root, SUITES[it].folder));
  const missing = names.find((it) => !there(it));
  if (missing) stop(`${path.join(root, SUITES[missing].folder)} is not there`, "tests/suites/README.md says how to obtain it");
  return { ...values, root, names: names.length ? names : Object.keys(SUITES).filter(there) };
}

// All pages, `jobs` at a time, each on a peer of its own; gives page -> { tests, ended, faults }.
async function runAll(pages, origin, jobs, peer, note) {
  const found = new Map(), waiting = [...pages];
  const work = async () => {
    const mine = peer();
    for (let page = waiting.shift(); page !== undefined; page = waiting.shift()) {
      // The first of a name: a page that navigates to itself tells all again.
      const tests = new Map();
      const end = await mine.run(`${origin}/${page}`, (it) => tests.has(it.name) || tests.set(it.name, it));
      found.set(page, { tests: [...tests.values()], ...end });
      note(page, found.size, found.get(page));
    }
    mine.stop();
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return new Map(pages.map((page) => [page, found.get(page)]));
}

const tally = (found) => {
  const tests = [...found.values()].flatMap((it) => it.tests);
  const completed = [...found.values()].filter((it) => it.ended === "completed").length;
  return `${completed} of ${found.size} pages completed, ${tests.filter((it) => it.passed).length} of ${tests.length} tests passed`;
};

// What a run left in DIR, of this time or an earlier one.
const kept = (file) => (fs.existsSync(file) ? new Map(JSON.parse(fs.readFileSync(file, "utf8"))) : undefined);

async function main() {
  const { root, names, only, peer, jobs, ...rest } = chosen();
  const program = path.resolve(rest.duoke ?? fileURLToPath(new URL("../../target/release/duoke", import.meta.url)));
  if ((peer ?? "duoke") === "duoke" && !fs.existsSync(program)) stop(`${program} is not there`, "cargo build --release, or --duoke FILE");
  if ((peer ?? "jsdom") === "jsdom" && !fs.existsSync(path.join(root, "node_modules/jsdom"))) stop(`${root} has no jsdom`, `npm install --prefix ${root} jsdom@29.1.1`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "duoke-suites-"));
  const all = { duoke: () => peers.duoke(program, folder), jsdom: () => peers.jsdom(root) };
  if (rest.lightpanda) all.lightpanda = () => peers.lightpanda(path.resolve(rest.lightpanda), root);
  if (peer && !all[peer]) stop(`there is no peer ${peer}`, "it is duoke, jsdom, or lightpanda with --lightpanda FILE");
  for (const name of names) {
    const suite = SUITES[name], served = await serve(path.join(root, suite.folder));
    if (!served.php && name.startsWith("jquery")) process.stderr.write("scripts/suites: warning: php is missing: tests that need it fail\n");
    const pages = suite.pages(path.join(root, suite.folder)).filter((it) => it.includes(only ?? ""));
    const found = {};
    for (const [it, open] of Object.entries(all).filter(([it]) => (peer ?? it) === it)) {
      const note = (page, done, { ended }) => {
        if (process.stderr.isTTY) process.stderr.write(`\r${name} ${it} ${done}/${pages.length} ${page.slice(-60)} ${ended.slice(0, 12)}\x1b[K`);
      };
      found[it] = await runAll(pages, served.origin, Number(jobs), open, note);
      process.stderr.write(`${process.stderr.isTTY ? "\r\x1b[K" : ""}${name} ${it}: ${tally(found[it])}\n`);
      if (!only) fs.writeFileSync(path.join(root, `${name}.${it}.json`), JSON.stringify([...found[it]]));
    }
    served.stop();
    if (only) { print(found); continue; }
    const [duoke, jsdom, lightpanda] = ["duoke", "jsdom", "lightpanda"].map((it) => kept(path.join(root, `${name}.${it}.json`)));
    if (duoke) write(name, merge(duoke, jsdom, lightpanda));
  }
  fs.rmSync(folder, { recursive: true });
}

function print({ duoke, jsdom, lightpanda }) {
  for (const [page, { tests, ended, faults }] of duoke ?? jsdom ?? lightpanda) {
    const there = new Set(jsdom?.get(page)?.tests.filter((it) => it.passed).map((it) => it.name));
    process.stdout.write(`${page}: ${ended}, ${tests.filter((it) => it.passed).length} of ${tests.length}\n`);
    for (const it of faults) process.stdout.write(`  ${it}\n`);
    for (const it of tests) if (!it.passed) process.stdout.write(`  ${there.has(it.name) ? "lost" : "fail"} ${it.name}: ${it.why}\n`);
    for (const it of there) if (!tests.some((mine) => mine.name === it)) process.stdout.write(`  lost ${it}: not reached\n`);
  }
}

await main();
