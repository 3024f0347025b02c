// Memory without end.

//! lists: fault.uncaught, fault.timeout, fault.limit
for (var kept = []; ; ) kept.push(new Array(1000).join('x' + kept.length));

//! objects: fault.uncaught, fault.timeout, fault.limit
for (var kept = []; ; ) kept.push({ a: {}, b: [] });

//! a chain: fault.timeout, fault.limit
for (var last = null; ; ) last = { last: last };

//! closures: fault.timeout, fault.limit
for (var kept = [], i = 0; ; i++) (function (j) { kept.push(function () { return j; }); })(i);

//! members of one object: fault.timeout, fault.limit
for (var o = {}, i = 0; ; i++) o['k' + i] = i;

//! globals: fault.timeout, fault.limit
for (var i = 0; ; i++) window['k' + i] = i;

//! a map: fault.timeout, fault.limit
for (var map = new Map(), i = 0; ; i++) map.set({}, i);

//! a set of texts: fault.timeout, fault.limit
for (var set = new Set(), i = 0; ; i++) set.add('x'.repeat(1000) + i);

//! weak maps: fault.timeout, fault.limit
for (var map = new WeakMap(), kept = []; ; ) { var key = {}; kept.push(key); map.set(key, key); }

//! symbols: fault.timeout, fault.limit
for (var i = 0; ; i++) Symbol.for('s' + i);

//! garbage: fault.timeout
for (;;) new Array(100);

//! garbage of texts: fault.timeout
for (var i = 0; ; i++) 'x'.repeat(10000) + i;

//! garbage in circles: fault.timeout
for (;;) { var a = {}, b = { a: a }; a.b = b; }

//! garbage of nodes: fault.timeout
for (;;) document.createElement('p').innerHTML = '<b>x</b>';

//! generators that wait: fault.timeout, fault.limit
for (var kept = []; ; ) { var g = (function* () { yield 1; })(); g.next(); kept.push(g); }

//! errors with stacks: fault.timeout, fault.limit
for (var kept = []; ; ) kept.push(new Error('x'));

//! blobs: fault.timeout, fault.limit
for (var kept = []; ; ) kept.push(new Blob(['x'.repeat(1e5)]));

//! addresses of blobs: fault.timeout, fault.limit
for (;;) URL.createObjectURL(new Blob(['x'.repeat(1e5)]));

//! copies: fault.timeout, fault.limit
for (var o = [1]; ; ) o = [structuredClone(o), structuredClone(o)];

//! a sparse list: fault.timeout, fault.limit
var sparse = [];
for (var i = 0; i < 1e7; i++) sparse[i * 100] = i;

//! all at the end of a turn: fault.timeout, fault.limit
window.kept = [];
setInterval(function () { for (var i = 0; i < 1e5; i++) kept.push({ i: i }); }, 1);
