import { b, early } from "./b.js";
log.push("a runs, b is " + b + ", early is " + early);
export function hoisted() { return "hoisted from a"; }
export const a = "A";
