// Each module of the page sees the same count.
export let count = 0;
const listeners = new Set();
export const subscribe = (listener) => { listeners.add(listener); return () => listeners.delete(listener); };
export function say(line) {
  count += 1;
  listeners.forEach((listener) => listener(`${count}：${line}`));
}
