// What went wrong, with the code where it did.
import { detail } from "./detail.js";
import { node } from "./dom.js";
import { lines } from "./lines.js";
import { split } from "./log.js";
import { on, tell } from "./model.js";
import { word } from "./words.js";

const isFault = ({ type }) => type.startsWith("fault.");

export function startFaults(panel) {
  const rows = split(panel, "fault-rows", word("faults"), detail);
  const none = node("p", { class: "empty" }, word("noFaults"));
  panel.append(none);
  on("lines", (fresh) => {
    if (fresh.length > 0 && !fresh.some(isFault)) return;
    const faults = lines.filter(isFault);
    rows.set(faults);
    none.hidden = faults.length > 0;
    tell("badge", "faults", faults.length || "", true);
  });
}
