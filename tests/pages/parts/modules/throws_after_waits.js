import "./waits_shortly.js";
throw new RangeError("behind one that waits");
