// What a self-checking page calls. Loaded first by every page of this folder.
(function (global) {
  function show(value) {
    if (typeof value === "string") return JSON.stringify(value);
    if (Object.prototype.toString.call(value) === "[object Array]") {
      var parts = [];
      for (var i = 0; i < value.length; i++) parts.push(show(value[i]));
      return "[" + parts.join(", ") + "]";
    }
    if (typeof value === "function") return "function";
    if (value && typeof value === "object" && value.nodeType) return "<" + value.nodeName + ">";
    if (value && typeof value === "object") {
      try { return JSON.stringify(value); } catch (e) { return String(value); }
    }
    if (value === 0 && 1 / value < 0) return "-0";
    return String(value);
  }
  // The two must look the same; nodes and functions must be the same.
  global.check = function (name, actual, expected) {
    var same = actual === expected || show(actual) === show(expected) &&
      (typeof actual !== "object" || actual === null || !actual.nodeType || actual === expected);
    if (same) console.log("ok " + name);
    else console.error("not ok " + name + ": expected " + show(expected) + ", got " + show(actual));
  };
  // `body` must throw an error with this name.
  global.throwsError = function (name, errorName, body) {
    var thrown = "nothing";
    try { body(); } catch (e) { thrown = e && e.name || String(e); }
    global.check(name, thrown, errorName);
  };
  global.done = function () { console.log("done"); };
})(window);
