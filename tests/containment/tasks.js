// Tasks without end: timers, promises, messages, answers, documents.

//! a timer that sets itself: nothing
(function tick() { setTimeout(tick, 0); })();

//! timers that breed: fault.timeout, fault.limit
(function breed() { setTimeout(breed, 0); setTimeout(breed, 0); })();

//! an interval: nothing
setInterval(function () {}, 0);

//! intervals that breed: fault.timeout, fault.limit
setInterval(function breed() { setInterval(breed, 0); }, 0);

//! timers without end: fault.timeout, fault.limit
for (;;) setTimeout(function () {}, 1e9);

//! timers with texts: fault.timeout, fault.limit
for (var i = 0; ; i++) setTimeout('x'.repeat(1000) + i, 1e9);

//! timers whose times are none: nothing
[NaN, -1, Infinity, 1e300, '1e9', {}, 4294967296].forEach(function (time) { setTimeout(function () {}, time); });

//! frames: nothing
(function frame() { requestAnimationFrame(frame); })();

//! frames that breed: fault.timeout, fault.limit
(function frame() { requestAnimationFrame(frame); requestAnimationFrame(frame); })();

//! promises that follow: fault.timeout, fault.limit
(function next() { Promise.resolve().then(next); })();

//! promises that breed: fault.timeout, fault.limit
(function next() { Promise.resolve().then(next); Promise.resolve().then(next); })();

//! microtasks: fault.timeout, fault.limit
queueMicrotask(function next() { queueMicrotask(next); });

//! an async loop: fault.timeout, fault.limit
(async function () { while (true) await 1; })();

//! an async generator: fault.timeout, fault.limit
(async function () { for await (var x of (async function* () { while (true) yield 1; })()); })();

//! a thenable of itself: fault.timeout, fault.limit
var thenable = { then: function (resolve) { resolve(thenable); } };
Promise.resolve(thenable);

//! promises without end: fault.timeout, fault.limit
for (;;) Promise.resolve().then(function () {});

//! rejections without end: fault.timeout, fault.limit
for (;;) Promise.reject(new Error('x'));

//! a handler of rejections that rejects: fault.rejection, fault.timeout, fault.limit
window.onunhandledrejection = function () { Promise.reject(1); };
Promise.reject(1);

//! a handler of errors that throws: fault.uncaught, fault.timeout, fault.limit
window.onerror = function () { throw 1; };
setTimeout(function () { throw 1; }, 0);

//! errors from timers that breed: fault.uncaught, fault.timeout, fault.limit
(function breed() { setTimeout(breed, 0); setTimeout(breed, 0); throw new Error('x'); })();

//! observers that answer each other: fault.timeout, fault.limit
var seen = 0;
new MutationObserver(function () { document.body.setAttribute('a', ++seen); }).observe(document.body, { attributes: true });
document.body.setAttribute('a', 0);

//! messages to itself: fault.timeout, fault.limit
window.onmessage = function () { postMessage(1, '*'); };
postMessage(1, '*');

//! messages that breed: fault.timeout, fault.limit
window.onmessage = function () { postMessage(1, '*'); postMessage(1, '*'); };
postMessage(1, '*');

//! ports that answer each other: fault.timeout, fault.limit
var channel = new MessageChannel();
channel.port1.onmessage = function () { channel.port1.postMessage(1); };
channel.port2.onmessage = function () { channel.port2.postMessage(1); };
channel.port1.postMessage(1);

//! an answer that asks again: fault.network, fault.timeout, fault.limit
(function ask() {
  var request = new XMLHttpRequest();
  request.open('GET', 'index.html');
  request.onloadend = ask;
  request.send();
})();

//! a fetch that asks again: fault.network, fault.timeout, fault.limit
(function ask() { fetch('index.html').then(ask, ask); })();

//! answers that breed: fault.network, fault.timeout, fault.limit
(function ask() {
  for (var i = 0; i < 2; i++) {
    var request = new XMLHttpRequest();
    request.open('GET', 'index.html');
    request.onload = ask;
    request.send();
  }
})();

//! scripts that add scripts: fault.load, fault.timeout, fault.limit
window.add = function () {
  var script = document.createElement('script');
  script.src = 'again.js?' + Math.random();
  document.body.appendChild(script);
};
add();

//! a document that reloads itself: fault.timeout, fault.limit
sessionStorage.again = 'location.reload()';
location.reload();

//! a document that leaves for itself: fault.timeout, fault.limit
sessionStorage.again = 'location.href = "index.html?" + Math.random()';
location.reload();

//! a document that submits itself: fault.timeout, fault.limit
sessionStorage.again = 'document.body.appendChild(document.createElement("form")).submit()';
location.reload();

//! a document that refreshes itself: nothing, fault.timeout, fault.limit
sessionStorage.again = 'document.write("<meta http-equiv=refresh content=0>")';
location.reload();

//! a document that loops once it is reloaded: fault.timeout
sessionStorage.again = 'while (true) {}';
location.reload();

//! reloads in a loop: fault.timeout, fault.limit
for (var i = 0; i < 1e6; i++) location.reload();

//! addresses in a loop: fault.timeout, fault.limit
for (var i = 0; ; i++) location.href = 'index.html?' + i;

//! fragments in a loop: fault.timeout, fault.limit
for (var i = 0; ; i++) location.hash = i;

//! fragments that follow: fault.timeout, fault.limit
window.onhashchange = function () { location.hash = Math.random(); };
location.hash = 'a';

//! back and forth: fault.timeout, fault.limit
history.pushState(1, '');
window.onpopstate = function () { history.pushState(1, ''); history.back(); };
history.back();

//! entries of history: fault.timeout, fault.limit
for (var i = 0; ; i++) history.pushState('x'.repeat(1000), '', '?' + i);

//! readers of blobs: fault.timeout, fault.limit
(function read() { var reader = new FileReader(); reader.onload = read; reader.readAsText(new Blob(['x'])); })();
