// The page's words, in English and Chinese: by what was chosen here, else by the browser's language.
import { CHINESE } from "./words_zh.js";
import { ENGLISH } from "./words_en.js";

const CHOSEN = "duoke.language";

function chosen() {
  try { return localStorage.getItem(CHOSEN); } catch { return null; }
}

export const isChinese = (chosen() || navigator.language || "").toLowerCase().startsWith("zh");
const words = isChinese ? CHINESE : ENGLISH;

// A word by its name; `{0}`, `{1}` in it are these values. Undefined where there is no such word.
export function word(name, ...values) {
  const text = Object.hasOwn(words, name) ? words[name] : undefined;
  return values.reduce((filled, value, index) => filled.replace(`{${index}}`, () => String(value)), text);
}

// The page begins anew: all of it is in one language.
export function changeLanguage() {
  try { localStorage.setItem(CHOSEN, isChinese ? "en" : "zh"); } catch { /* then it does not last */ }
  location.reload();
}

// Fills what index.html names.
export function fill(root) {
  document.documentElement.lang = isChinese ? "zh-CN" : "en";
  for (const node of root.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const node of root.querySelectorAll("[data-placeholder]")) node.placeholder = word(node.dataset.placeholder);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
  for (const node of root.querySelectorAll("[data-title]")) node.title = word(node.dataset.title);
}
