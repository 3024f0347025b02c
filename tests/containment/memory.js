// Memory without end.

//! lists: fault.limit, fault.timeout
for (var kept = []; ; ) kept.push(new Array(1000).join('x' + kept.length));

//! objects: fault.limit, fault.timeout
for (var kept = []; ; ) kept.push({ a: {}, b: [] });

//! a chain: fault.limit, fault.timeout
for (var last = null; ; ) last = { last: last };

//! closures: fault.limit, fault.timeout
for (var kept = [], i = 0; ; i++) (function (j) { kept.push(function () { return j; }); })(i);

//! members of one object: fault.limit, fault.timeout
for (var o = {}, i = 0; ; i++) o['k' + i] = i;

//! globals: fault.limit, fault.timeout
for (var i = 0; ; i++) window['k' + i] = i;

//! a map: fault.limit, fault.timeout
for (var map = new Map(), i = 0; ; i++) map.set({}, i);

//! a set of texts: fault.limit, fault.timeout
for (var set = new Set(), i = 0; ; i++) set.add('x'.repeat(1000) + i);

//! weak maps: fault.limit, fault.timeout
for (var map = new WeakMap(), kept = []; ; ) { var key = {}; kept.push(key); map.set(key, key); }

//! symbols: fault.limit, fault.timeout
for (var i = 0; ; i++) Symbol.for('s' + i);

//! garbage: fault.timeout
for (;;) new Array(100);

//! garbage of texts: fault.timeout
for (var i = 0; ; i++) 'x'.repeat(10000) + i;

//! garbage in circles: fault.timeout
for (;;) { var a = {}, b = { a: a }; a.b = b; }

//! garbage of nodes: fault.timeout
for (;;) document.createElement('p').innerHTML = '<b>x</b>';

//! generators that wait: fault.limit, fault.timeout
for (var kept = []; ; ) { var g = (function* () { yield 1; })(); g.next(); kept.push(g); }

//! errors with stacks: fault.limit, fault.timeout
for (var kept = []; ; ) kept.push(new Error('x'));

//! blobs: fault.limit, fault.timeout
for (var kept = []; ; ) kept.push(new Blob(['x'.repeat(1e5)]));

//! addresses of blobs: fault.limit, fault.timeout
for (;;) URL.createObjectURL(new Blob(['x'.repeat(1e5)]));

//! copies: fault.limit, fault.timeout
for (var o = [1]; ; ) o = [structuredClone(o), structuredClone(o)];

//! a sparse list: fault.limit, fault.timeout, nothing
var sparse = [];
for (var i = 0; i < 1e7; i++) sparse[i * 100] = i;

//! all at the end of a turn: fault.limit, fault.timeout
window.kept = [];
setInterval(function () { for (var i = 0; i < 1e5; i++) kept.push({ i: i }); }, 1);
