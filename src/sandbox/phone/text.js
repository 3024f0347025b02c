// A text as WeChat shows it: links of http and https, links to mini programs and taps on menu texts; anything else that
// looks like markup is shown as it was written. Nothing is ever parsed as HTML.
import { word } from "./words.js";

// Each of them in one pass, whatever the text: no two parts of them may share a character at their border.
const LINK = /<a\s((?:[^<>"']|"[^"<>]*"|'[^'<>]*')*)>([^<]*)<\/a>/gi;
const ATTRIBUTE = /(?<![a-z-])([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;
const SCANNED_MAX = 20_000; // characters; what is behind them is shown as it was written
const ADDRESS = /https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi;

// An address that may be opened, or null.
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

export function link(text, href) {
  const node = document.createElement("a");
  node.textContent = text;
  node.href = href;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}

// A link that does something on the phone.
export function tap(text, act) {
  const node = document.createElement("a");
  node.textContent = text;
  node.href = "#";
  node.addEventListener("click", (event) => {
    event.preventDefault();
    act();
  });
  return node;
}

// `phone` has say(text, menuId) and toast(text).
export function textNodes(text, phone) {
  const nodes = [];
  let at = 0;
  for (const found of text.slice(0, SCANNED_MAX).matchAll(LINK)) {
    const node = linkOf(found[1], found[2], phone);
    if (!node) continue;
    nodes.push(...bare(text.slice(at, found.index)), node);
    at = found.index + found[0].length;
  }
  return [...nodes, ...bare(text.slice(at))];
}

// The same in one line, as the list of conversations has it: a link is its words.
export function shownText(text) {
  return textNodes(text, null).map((node) => node.textContent ?? node).join("");
}

function linkOf(attributes, text, phone) {
  const has = {};
  for (const [, name, ...values] of attributes.matchAll(ATTRIBUTE)) {
    has[name.toLowerCase()] ??= values.find((value) => value !== undefined);
  }
  const program = has["data-miniprogram-appid"];
  if (program) {
    const path = has["data-miniprogram-path"] || "";
    const node = tap(text, () => phone.toast(`${word("opens")} ${program} ${path}`));
    node.className = "program-link";
    node.title = `${program} ${path}`;
    return node;
  }
  const href = has.href || "";
  if (/^weixin:\/\/bizmsgmenu\?/i.test(href)) {
    const query = new URLSearchParams(href.slice(href.indexOf("?")));
    const said = query.get("msgmenucontent") || text;
    return tap(text, () => phone.say(said, query.get("msgmenuid") || ""));
  }
  const address = webAddress(href);
  return address ? link(text, address) : null;
}

function bare(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.slice(0, SCANNED_MAX).matchAll(ADDRESS)) {
    const address = webAddress(found[0]);
    if (!address) continue;
    nodes.push(text.slice(at, found.index), link(found[0], address));
    at = found.index + found[0].length;
  }
  return [...nodes, text.slice(at)].filter((node) => node !== "");
}
