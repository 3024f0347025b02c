import "./sibling.js";
import _ from "lodash";
log.push("never");
