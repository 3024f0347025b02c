import "./broken_b.js";
import { nobody } from "../sibling.js";
log.push("never");
