// What two documents differ in, by their lines.
import { node } from "./dom.js";

const COMPARED_MAX = 1_500; // lines on each side; of longer stretches all is told as gone and as added
const AROUND = 2; // lines shown before and after what differs

const linesOf = (html) => html.replace(/>\s*</g, ">\n<").split("\n").map((line) => line.trim()).filter(Boolean);

const KINDS = { "+": "added", "-": "gone", "@": "place" };

// Lines of a difference, each by its first character.
export const shownLines = (lines) => lines.map((line) => node("span", { class: KINDS[line[0]] }, `${line}\n`));

// The lines that differ, after `+`, `-`, a blank where they are around them, or `@` where some are left out.
export function difference(before, after) {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = compare(a.slice(start, a.length - end), b.slice(start, b.length - end));
  if (middle.length === 0) return [];
  const same = (lines) => lines.map((line) => [" ", line]);
  return shorten([...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))]).map(([mark, line]) => `${mark} ${line}`);
}

function compare(a, b) {
  if (Math.max(a.length, b.length) > COMPARED_MAX) return [...a.map((line) => ["-", line]), ...b.map((line) => ["+", line])];
  // longest[i][j]: of the longest common part of what is behind i in a and j in b.
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i][j] = a[i] === b[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  const rows = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      rows.push([" ", a[i]]);
      [i, j] = [i + 1, j + 1];
    } else if (j >= b.length || (i < a.length && longest[i + 1][j] >= longest[i][j + 1])) rows.push(["-", a[i++]]);
    else rows.push(["+", b[j++]]);
  }
  return rows;
}

function shorten(rows) {
  const isNear = rows.map((_, at) => rows.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(([mark]) => mark !== " "));
  return rows.flatMap((row, at) => (isNear[at] ? [row] : isNear[at - 1] ? [["@", "…"]] : []));
}
