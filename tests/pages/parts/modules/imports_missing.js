import "./nowhere.js";
log.push("never");
