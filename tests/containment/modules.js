// Modules that go wild.

//! a module that calls itself without end: fault.limit
import("data:text/javascript,(function f() { f(); })()");

//! one that may await: fault.limit, fault.killed
import("data:text/javascript,(function f() { f(); })(); await 0");

//! one that never ends: fault.timeout, fault.killed
import("data:text/javascript,for (;;) Date.now()");

//! one that may await and never ends: fault.timeout, fault.killed
import("data:text/javascript,for (;;) Date.now(); await 0");

//! modules without end: fault.load, fault.rejection, fault.timeout
(function more(n) { import("data:text/javascript,export default " + n).then(function () { more(n + 1); }); })(0);

//! a module that imports itself again and again: fault.limit, fault.timeout
globalThis.again = function (own) { own().then(function () { again(own); }); };
import("data:text/javascript,again(() => import(import.meta.url))");

//! brackets without end: fault.rejection
import("data:text/javascript," + new Array(100000).join("("));
