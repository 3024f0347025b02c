// What goes out, or is kept by others, without end.

//! messages: fault.timeout, fault.limit
for (;;) put('wild');

//! messages that cannot be read: fault.timeout, fault.limit
for (;;) external.PutMsg('{');

//! long messages: fault.timeout, fault.limit
var text = 'x'.repeat(1e6);
for (;;) put(text);

//! one message of many parts: fault.timeout, fault.limit
var part = { type: 0, content: { text: 'x' } };
external.PutMsg(JSON.stringify({ msg: { head: { random: 'r' }, body: new Array(1e5).fill(part) } }));

//! a message that nests: nothing, fault.timeout, fault.limit
external.PutMsg('{"msg":{"head":{"random":"r"},"body":' + '['.repeat(1e5) + ']'.repeat(1e5) + '}}');

//! a message of one text: fault.timeout, fault.limit
put('x'.repeat(1e7));

//! messages from timers: fault.timeout, fault.limit
(function tick() { setTimeout(tick, 0); for (var i = 0; i < 100; i++) put('wild'); })();

//! notices: fault.timeout, fault.limit
for (;;) external.Notice('x');

//! console lines: fault.timeout, fault.limit
for (;;) console.log('x');

//! long console lines: fault.timeout, fault.limit
var text = 'x'.repeat(1e6);
for (;;) console.log(text, text);

//! console groups: fault.timeout, fault.limit
for (;;) console.group('x');

//! console counters: fault.timeout, fault.limit
for (var i = 0; ; i++) console.count('x' + i);

//! console timers: fault.timeout, fault.limit
for (var i = 0; ; i++) console.time('x' + i);

//! console tables: fault.timeout, fault.limit
for (var rows = new Array(1000).fill({ a: 1, b: [1] }); ; ) console.table(rows);

//! errors reported: fault.uncaught, fault.timeout, fault.limit
for (;;) reportError(new Error('x'));

//! errors of handlers: fault.uncaught, fault.timeout, fault.limit
document.body.onclick = function () { throw new Error('x'); };
for (;;) document.body.click();

//! scripts that do not parse: fault.parse, fault.timeout, fault.limit
for (;;) document.body.setAttribute('onclick', '('), document.body.click();

//! requests: fault.timeout, fault.limit
for (;;) { var request = new XMLHttpRequest(); request.open('GET', 'index.html'); request.send(); }

//! requests that wait: fault.uncaught, fault.network, fault.timeout, fault.limit
for (;;) { var request = new XMLHttpRequest(); request.open('GET', 'index.html', false); request.send(); }

//! requests that catch: fault.timeout, fault.limit
for (;;) try { var request = new XMLHttpRequest(); request.open('GET', 'index.html', false); request.send(); } catch (e) {}

//! requests to elsewhere: fault.timeout, fault.limit
for (;;) try { var request = new XMLHttpRequest(); request.open('GET', 'http://other.invalid/'); request.send(); } catch (e) {}

//! requests with long bodies: fault.timeout, fault.limit, fault.killed
var body = 'x'.repeat(1e7);
for (;;) { var request = new XMLHttpRequest(); request.open('POST', 'index.html'); request.send(body); }

//! fetches: fault.timeout, fault.limit
for (;;) fetch('index.html');

//! pictures: fault.timeout, fault.limit
for (var i = 0; ; i++) new Image().src = 'x.png?' + i;

//! scripts: fault.timeout, fault.limit
for (var i = 0; ; i++) { var script = document.createElement('script'); script.src = 'x.js?' + i; document.body.appendChild(script); }

//! style sheets: fault.timeout, fault.limit
for (var i = 0; ; i++) {
  var link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = 'x.css?' + i;
  document.head.appendChild(link);
}

//! cookies: fault.timeout, fault.limit
for (var i = 0; ; i++) document.cookie = 'a' + i + '=' + 'x'.repeat(100);

//! long cookies: fault.timeout, fault.limit
for (var i = 0; ; i++) document.cookie = 'a' + i + '=' + 'x'.repeat(1e6);

//! cookies read: fault.timeout, fault.limit
for (;;) document.cookie;

//! messages to the window: fault.timeout, fault.limit
for (;;) postMessage('x', '*');

//! long messages to the window: fault.timeout, fault.limit
for (var text = 'x'.repeat(1e6); ; ) postMessage(text, '*');

//! what is stored: fault.uncaught, fault.timeout, fault.limit
for (var i = 0; ; i++) localStorage.setItem('k' + i, 'x'.repeat(1000));

//! what is stored again: fault.timeout, fault.limit
for (var i = 0; ; i++) localStorage.k = i;

//! long texts stored again: fault.timeout, fault.limit
for (var i = 0; ; i++) try { sessionStorage.k = i + 'x'.repeat(4e6); } catch (e) {}

//! stored and thrown away: fault.timeout, fault.limit
for (;;) { localStorage.a = 1; localStorage.clear(); }

//! titles: fault.timeout, fault.limit
for (var i = 0; ; i++) document.title = i;

//! windows: fault.timeout, fault.limit
for (;;) open('about:blank');

//! dialogs: fault.timeout, fault.limit
for (;;) { alert('x'); confirm('x'); prompt('x'); }

//! listeners: fault.timeout, fault.limit
for (;;) document.addEventListener('x', function () {});

//! observers: fault.timeout, fault.limit
for (;;) new MutationObserver(function () {}).observe(document, { subtree: true, childList: true });

//! marks: fault.timeout, fault.limit
for (var i = 0; ; i++) performance.mark('m' + i);

//! members that are not there: fault.timeout, fault.limit
for (var i = 0; ; i++) external['x' + i];

//! random bytes: fault.timeout
for (var bytes = new Uint8Array(65536); ; ) crypto.getRandomValues(bytes);

//! encodings: fault.timeout, fault.limit
for (var text = 'xxx'; ; ) text = btoa(text) + text;
