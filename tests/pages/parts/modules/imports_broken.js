import { fine } from "./broken.js";
log.push("never");
