// Calls without end.

//! a function: fault.limit
(function f() { f(); })();

//! a function that catches: fault.timeout, fault.limit
(function f() { try { f(); } catch (e) { f(); } finally { f(); } })();

//! two functions: fault.limit
function ping() { pong(); }
function pong() { ping(); }
ping();

//! many arguments: fault.limit
(function f() { f.apply(null, new Array(1000)); })();

//! a getter: fault.limit
var o = { get a() { return this.a; } };
o.a;

//! a setter: fault.limit
var o = { set a(value) { this.a = value; } };
o.a = 1;

//! a proxy: fault.limit
var proxy = new Proxy({}, { get: function (target, name, self) { return self[name]; } });
proxy.a;

//! a proxy for its own target: fault.timeout, fault.killed
var proxy = new Proxy({}, {});
Object.setPrototypeOf(proxy, proxy);
proxy.a;

//! map: fault.limit
(function f() { [1].map(f); })();

//! forEach: fault.limit
(function f() { [1].forEach(f); })();

//! sort: fault.limit
(function f() { [2, 1].sort(f); return 0; })();

//! replace: fault.limit
(function f() { return 'a'.replace(/a/, f); })();

//! toString: nothing
var o = { toString: function () { return '' + o; } };
'' + o;

//! toJSON: fault.limit
var o = { toJSON: function () { return JSON.stringify(o); } };
JSON.stringify(o);

//! a reviver: fault.limit
(function f() { JSON.parse('1', f); })();

//! constructors: fault.limit
function F() { new F(); }
new F();

//! classes: fault.limit
class C { constructor() { new C(); } }
new C();

//! a generator: fault.limit
function* g() { yield* g(); }
g().next();

//! an async function: fault.limit
async function f() { await f(); }
f();

//! eval: fault.timeout, fault.limit
var code = 'eval(code)';
eval(code);

//! instanceof: fault.limit
var C = { [Symbol.hasInstance]: function (o) { return o instanceof C; } };
1 instanceof C;

//! listeners: fault.uncaught, fault.timeout, fault.limit
document.addEventListener('x', function () { document.dispatchEvent(new Event('x')); });
document.dispatchEvent(new Event('x'));

//! a handler that clicks: fault.timeout, fault.limit
document.body.innerHTML = '<p onclick="this.click()">';
document.body.firstChild.click();

//! a tree walker's filter: fault.timeout, fault.limit
(function f() { document.createTreeWalker(document, NodeFilter.SHOW_ALL, f).nextNode(); })();

//! the function of the turn: fault.limit
MCS_ClientNotify('{"event":"OnMapMsgClick"}');

//! a chain of bound functions: fault.timeout, fault.limit
var f = function () {};
for (var i = 0; i < 1e5; i++) f = f.bind(null);
f();

//! a chain of prototypes: fault.timeout, fault.limit, fault.killed
var o = {};
for (var i = 0; i < 1e6; i++) o = Object.create(o);
o.a;

//! a chain of proxies: nothing, fault.timeout
var proxy = {};
for (var i = 0; i < 1e5; i++) proxy = new Proxy(proxy, {});
proxy.a;
