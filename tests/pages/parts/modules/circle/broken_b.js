import "./broken_a.js";
log.push("never");
