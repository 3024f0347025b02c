import { sibling, nobody } from "./sibling.js";
log.push("never");
