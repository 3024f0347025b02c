// Loops without end.

//! while: fault.timeout
while (true) {}

//! for: fault.timeout
for (;;) {}

//! do: fault.timeout
do {} while (true);

//! labelled continue: fault.timeout
outer: while (true) { for (;;) continue outer; }

//! a loop that catches: fault.timeout
while (true) { try { throw 1; } catch (e) {} }

//! a loop that catches what stops it: fault.timeout
while (true) { try { while (true) document.title; } catch (e) {} finally { continue; } }

//! finally goes on: fault.timeout
for (;;) { try { throw 1; } catch (e) { throw 2; } finally { continue; } }

//! return is taken back: fault.timeout, fault.limit
while (true) { try { return 1; } finally { continue; } }

//! nested tries: fault.timeout
try { try { while (true) {} } finally { while (true) {} } } catch (e) { while (true) {} }

//! waiting for the clock: fault.timeout
var until = Date.now() + 1e9;
while (Date.now() < until) {}

//! in map: fault.timeout
[1].map(function () { while (true) {} });

//! in forEach over a list that grows: fault.timeout, fault.limit
var grows = [1];
for (var i = 0; i < grows.length; i++) grows.push(i);

//! in sort: fault.timeout
[2, 1].sort(function () { while (true) {} });

//! in replace: fault.timeout
'a'.replace(/a/, function () { while (true) {} });

//! in a getter: fault.timeout
({ get a() { while (true) {} } }).a;

//! in a setter: fault.timeout
({ set a(value) { while (true) {} } }).a = 1;

//! in a proxy: fault.timeout
new Proxy({}, { get: function () { while (true) {} } }).a;

//! in a proxy of a proxy that answers for keys: fault.timeout
Object.keys(new Proxy(new Proxy({}, { ownKeys: function () { while (true) {} } }), {}));

//! in toString: fault.timeout
'' + { toString: function () { while (true) {} } };

//! in valueOf: fault.timeout
1 + { valueOf: function () { while (true) {} } };

//! in toJSON: fault.timeout
JSON.stringify({ toJSON: function () { while (true) {} } });

//! in a reviver: fault.timeout
JSON.parse('[1]', function () { while (true) {} });

//! in a generator: fault.timeout
(function* () { while (true) {} })().next();

//! a generator without end: fault.timeout
for (var n of (function* () { while (true) yield 1; })()) {}

//! spread of an iterator without end: fault.timeout, fault.limit
Math.max(...(function* () { while (true) yield 1; })());

//! an array from an iterator without end: fault.timeout, fault.limit
Array.from({ [Symbol.iterator]: function () { return { next: function () { return { value: 1, done: false }; } }; } });

//! a map from an iterator without end: fault.timeout, fault.limit
var count = 0;
new Map({ [Symbol.iterator]: function () { return { next: function () { return { value: [count++, 1] }; } }; } });

//! Promise.all of an iterator without end: fault.timeout, fault.limit
Promise.all((function* () { while (true) yield 1; })());

//! short loops in functions: fault.timeout
function short() { for (var i = 0; i < 1000; i++) {} }
function middle() { for (var i = 0; i < 1000; i++) short(); }
for (var i = 0; i < 1e9; i++) middle();

//! fib: fault.timeout
(function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); })(60);

//! in an async function: fault.timeout
(async function () { while (true) {} })();

//! in a promise: fault.timeout
new Promise(function () { while (true) {} });

//! in then: fault.timeout
Promise.resolve().then(function () { while (true) {} });

//! in a listener: fault.timeout
document.addEventListener('x', function () { while (true) {} });
document.dispatchEvent(new Event('x'));

//! in a timer: fault.timeout
setTimeout(function () { while (true) {} }, 10);

//! in an inline handler: fault.timeout
document.body.innerHTML = '<p onclick="while (true) {}">';
document.body.firstChild.click();

//! in a filter of nodes: fault.timeout
document.createTreeWalker(document, NodeFilter.SHOW_ALL, function () { while (true) {} }).nextNode();

//! in code made of text: fault.timeout
new Function('while (true) {}')();

//! in text for a timer: fault.timeout
setTimeout('while (true) {}', 1);

//! in a script that is added: fault.timeout
var script = document.createElement('script');
script.textContent = 'while (true) {}';
document.body.appendChild(script);

//! over and over: fault.timeout, parked
while (true) {}
