import { a, hoisted } from "./a.js";
export const early = hoisted();
let seen;
try { seen = a; } catch (error) { seen = error.name; }
log.push("b runs, a is " + seen);
export const b = "B";
export const later = () => a;
