import { answer } from "./waits.js";
import { sibling } from "./sibling.js";
log.push("after waits: " + (answer + sibling));
export const sum = answer + sibling;
