// Work that one native call is asked to do: regular expressions, long texts, long lists, large numbers.

//! a pattern that goes back and forth: fault.timeout
/(a+)+$/.test('a'.repeat(40) + 'b');

//! a pattern of words: fault.timeout
/^(\w+\s?)*$/.test('a'.repeat(40) + '!');

//! a pattern of alternatives: fault.timeout
/^(a|a)*$/.test('a'.repeat(40) + 'b');

//! a pattern in replace: fault.timeout
('a'.repeat(40) + 'b').replace(/(a*)*$/g, '');

//! a pattern in split: fault.timeout
('a'.repeat(40) + 'b').split(/(a+)+c/);

//! a pattern with a reference: fault.timeout
/^(a+)+\1b$/.test('a'.repeat(40));

//! a pattern of a form field: fault.timeout
document.body.innerHTML = '<input pattern="(a+)+b">';
document.body.firstChild.value = 'a'.repeat(40);
document.body.firstChild.checkValidity();

//! a pattern that nests: fault.uncaught
new RegExp('('.repeat(1e5) + ')'.repeat(1e5));

//! patterns without end: fault.timeout, fault.limit
for (var i = 0; ; i++) new RegExp('a' + i);

//! a list filled: fault.timeout, fault.limit
new Array(1e9).fill(1);

//! forEach over a length: fault.timeout
Array.prototype.forEach.call({ length: 4294967295 }, function () {});

//! indexOf over a length: fault.timeout
Array.prototype.indexOf.call({ length: 4294967295 }, 1);

//! indexOf in holes: fault.timeout
new Array(4294967295).indexOf(1);

//! reverse of holes: fault.timeout
new Array(4294967295).reverse();

//! join of holes: fault.timeout, fault.limit
new Array(4294967295).join('x');

//! sort of holes: fault.timeout, fault.limit
new Array(4294967295).sort();

//! concat of lengths: fault.timeout, fault.limit
var long = new Array(4294967295);
long.concat(long, long);

//! splice of a length: fault.timeout, fault.limit
Array.prototype.splice.call({ length: 9007199254740991 }, 0, 1);

//! unshift to a length: fault.timeout
Array.prototype.unshift.call({ length: 9007199254740990 }, 1);

//! an array from a length: fault.uncaught, fault.timeout
Array.from({ length: 1e10 });

//! apply with a length: fault.timeout, fault.limit
Math.max.apply(null, { length: 4294967295 });

//! pushes of itself: fault.timeout, fault.limit
var list = [1];
while (true) list.push.apply(list, list);

//! a text doubled: fault.limit
for (var s = 'a'.repeat(1024); ; ) s = s.repeat(2);

//! a text added to itself: fault.limit
for (var s = 'abc'; ; ) s += s;

//! a text that grows: fault.timeout, fault.limit
for (var s = ''; ; ) s += '0123456789';

//! a text too long: fault.uncaught
'a'.repeat(Math.pow(2, 40));

//! a text as long as there are: fault.limit
'a'.repeat(Math.pow(2, 28)).repeat(8);

//! a text padded: fault.limit
'a'.padStart(Math.pow(2, 31), 'b');

//! a text of replacements: fault.limit
for (var s = 'aaaa'; ; ) s = s.replace(/a/g, '$&$&$&$&');

//! a text of splits: fault.timeout, fault.limit
for (var kept = []; ; ) kept.push('x'.repeat(1e6).split(''));

//! a text escaped: fault.timeout, fault.limit
for (var s = '%'; ; ) s = encodeURIComponent(s) + s;

//! a number: fault.uncaught, fault.timeout
2n ** (2n ** 34n);

//! a number as text: fault.timeout, fault.limit
for (var n = 7n, i = 0; i < 24; i++) n *= n;
n.toString();

//! a number that the compiler computes: fault.timeout, fault.limit
eval('7n ** 10000000n');

//! numbers multiplied: fault.timeout, fault.limit
for (var n = 3n; ; ) n *= n;

//! a buffer: fault.uncaught
new ArrayBuffer(1e12);

//! a typed array: fault.uncaught
new Uint8Array(2e9).fill(1);

//! buffers without end: fault.limit
for (var kept = []; ; ) kept.push(new Uint8Array(1e6));

//! a JSON text that nests: fault.uncaught
JSON.parse('['.repeat(1e6));

//! a value that nests, as JSON: fault.timeout, fault.limit, fault.killed
for (var o = {}, i = 0; i < 1e5; i++) o = { o: o };
JSON.stringify(o);

//! a value that nests, flattened: nothing, fault.timeout
for (var o = [], i = 0; i < 1e5; i++) o = [o];
o.flat(Infinity);

//! a value that nests, as text: fault.timeout, fault.killed
for (var o = [], i = 0; i < 1e5; i++) o = [o];
String(o);

//! a value that nests, copied: fault.timeout, fault.limit
for (var o = {}, i = 0; i < 1e5; i++) o = { o: o };
structuredClone(o);

//! a value that nests, logged: nothing, fault.timeout
for (var o = [], i = 0; i < 1e5; i++) o = [o];
console.log(o);

//! a value that nests, dropped: nothing, fault.timeout
for (var o = {}, i = 0; i < 2e5; i++) o = { o: o };
o = null;

//! a comparison without sense: nothing
for (var list = [], i = 0; i < 1000; i++) list.push(i);
list.sort(function () { return Math.random() - 0.5; });
