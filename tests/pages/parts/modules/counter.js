log.push("counter runs");
export let count = 0;
export function add() { count += 1; return count; }
export default class Counter { now() { return count; } }
export { add as "in-crement" };
