// Documents without end: deep, wide, long, and what walks over them.

//! elements: fault.timeout, fault.limit
for (;;) document.body.appendChild(document.createElement('p'));

//! elements that are kept: fault.timeout, fault.limit
for (var kept = []; ; ) kept.push(document.createElement('p'));

//! a deep tree: fault.timeout, fault.limit
for (var at = document.body; ; ) at = at.appendChild(document.createElement('p'));

//! a deep tree, then its HTML: fault.timeout, fault.limit
for (var at = document.body, i = 0; i < 20000; i++) at = at.appendChild(document.createElement('p'));
document.body.innerHTML.length + document.body.textContent.length;

//! a deep tree, then a copy: fault.timeout, fault.limit
for (var at = document.body, i = 0; i < 20000; i++) at = at.appendChild(document.createElement('p'));
document.body.cloneNode(true);

//! a deep tree, then a search: fault.timeout, fault.limit
for (var at = document.body, i = 0; i < 20000; i++) at = at.appendChild(document.createElement('p'));
document.querySelectorAll('p p p > p, p:not(p p) ~ p, p:has(b)').length;

//! a deep tree, then an event: fault.timeout, fault.limit
for (var at = document.body, i = 0; i < 20000; i++) at = at.appendChild(document.createElement('p'));
at.click();

//! a deep tree, then its style: fault.timeout, fault.limit
for (var at = document.body, i = 0; i < 20000; i++) at = at.appendChild(document.createElement('p'));
getComputedStyle(at).fontSize + at.offsetHeight;

//! a deep tree, thrown away: fault.timeout, fault.limit
for (var at = document.body, i = 0; i < 20000; i++) at = at.appendChild(document.createElement('p'));
document.body.innerHTML = '';

//! deep HTML: fault.timeout, fault.limit
document.body.innerHTML = '<div>'.repeat(1e5);

//! deep lists of HTML: fault.timeout, fault.limit
document.body.innerHTML = '<ul><li>'.repeat(1e5);

//! deep tables of HTML: nothing, fault.timeout, fault.limit
document.body.innerHTML = '<table><tr><td>'.repeat(5e4);

//! formats that are opened again: nothing, fault.timeout, fault.limit
document.body.innerHTML = '<b><i><u><s><p>'.repeat(1e4);

//! HTML of many attributes: fault.timeout, fault.limit
for (var html = '<p', i = 0; i < 1e5; i++) html += ' a' + i + '=1';
document.body.innerHTML = html + '>';

//! wide HTML: fault.timeout, fault.limit
document.body.innerHTML = '<p>x'.repeat(1e6);

//! HTML doubled: fault.timeout, fault.limit
document.body.innerHTML = '<p>x</p>';
for (;;) document.body.innerHTML += document.body.innerHTML;

//! HTML added: fault.timeout, fault.limit
for (;;) document.body.insertAdjacentHTML('beforeend', '<p>x</p>');

//! copies of the whole: fault.timeout, fault.limit
for (;;) document.body.appendChild(document.body.cloneNode(true));

//! a list that grows while it is walked: fault.timeout, fault.limit
document.body.innerHTML = '<p></p>';
for (var list = document.getElementsByTagName('p'), i = 0; i < list.length; i++) {
  document.body.appendChild(document.createElement('p'));
}

//! text that grows: fault.timeout, fault.limit
var text = document.body.appendChild(document.createTextNode('x'));
for (;;) text.appendData(text.data);

//! attributes: fault.timeout, fault.limit
for (var i = 0; ; i++) document.body.setAttribute('a' + i, i);

//! a long attribute: fault.timeout, fault.limit
for (var text = 'x'.repeat(1e5); ; ) document.body.className += text;

//! a long selector: fault.uncaught, fault.timeout, fault.limit
document.querySelectorAll(':not('.repeat(1e5) + 'p' + ')'.repeat(1e5));

//! many selectors: nothing, fault.timeout, fault.limit
document.querySelectorAll(new Array(2e5).join('p,') + 'p');

//! selectors that try everything: nothing, fault.timeout
document.body.innerHTML = '<p><i>'.repeat(2000);
document.querySelectorAll('* * * * * * * * * b').length;

//! a long style sheet: fault.timeout, fault.limit
var style = document.createElement('style');
style.textContent = 'p{color:red}'.repeat(2e5);
document.head.appendChild(style);
getComputedStyle(document.body).color;

//! a style sheet that nests: nothing, fault.timeout, fault.limit
var style = document.createElement('style');
style.textContent = '@media all{'.repeat(1e5);
document.head.appendChild(style);
getComputedStyle(document.body).color;

//! variables that multiply: nothing, fault.timeout, fault.limit
for (var css = '--a0:x;', i = 1; i < 60; i++) css += '--a' + i + ':var(--a' + (i - 1) + ')var(--a' + (i - 1) + ');';
document.body.style.cssText = css + 'color:var(--a59)';
getComputedStyle(document.body).color;

//! calc that nests: fault.timeout, fault.limit, nothing
document.body.style.width = 'calc(' + '('.repeat(1e5) + '1px' + ')'.repeat(1e5) + ')';
getComputedStyle(document.body).width;

//! documents written: fault.timeout, fault.limit
for (;;) document.write('<p>x');

//! documents that write themselves: fault.timeout, fault.limit
document.write('<script>var code = document.currentScript.outerHTML; document.write(code)<\/script>');

//! documents made: fault.timeout, fault.limit
for (var kept = []; ; ) kept.push(document.implementation.createHTMLDocument('x'));

//! XML that nests: nothing, fault.timeout, fault.limit
new DOMParser().parseFromString('<a>'.repeat(1e5) + '</a>'.repeat(1e5), 'text/xml');

//! XML that expands: nothing
var entities = '<!ENTITY a0 "x">';
for (var i = 1; i < 40; i++) entities += '<!ENTITY a' + i + ' "&a' + (i - 1) + ';&a' + (i - 1) + ';">';
new DOMParser().parseFromString('<!DOCTYPE a [' + entities + ']><a>&a39;</a>', 'text/xml').documentElement.textContent;

//! ranges: fault.timeout, fault.limit
for (var kept = []; ; ) { var range = document.createRange(); range.selectNodeContents(document); kept.push(range); }

//! nodes split: fault.timeout, fault.limit
var text = document.body.appendChild(document.createTextNode('x'.repeat(1e6)));
for (;;) text.splitText(1);

//! options: nothing, fault.timeout, fault.limit
document.body.innerHTML = '<select>';
document.body.firstChild.length = 4294967295;

//! rows: fault.timeout, fault.limit
document.body.innerHTML = '<table>';
for (;;) document.body.firstChild.insertRow(0).insertCell(0);

//! a table of spans: nothing, fault.timeout, fault.limit
document.body.innerHTML = '<table><tr><td colspan=100000000 rowspan=100000000>x';
document.body.offsetHeight;

//! moved to and fro: fault.timeout
for (var p = document.createElement('p'); ; ) { document.body.appendChild(p); document.body.removeChild(p); }

//! listeners of changes that change: nothing, fault.timeout, fault.limit
document.addEventListener('DOMNodeInserted', function () { document.body.appendChild(document.createElement('p')); });
document.body.appendChild(document.createElement('p'));

//! frames: fault.timeout, fault.limit
for (;;) document.body.appendChild(document.createElement('iframe'));

//! windows of frames: fault.timeout, fault.limit, fault.uncaught
for (;;) document.body.appendChild(document.createElement('iframe')).contentWindow.name;

//! windows of frames that are kept: fault.timeout, fault.limit, fault.uncaught
for (var kept = []; ; ) kept.push(document.body.appendChild(document.createElement('iframe')).contentWindow);

//! frames in frames: fault.timeout, fault.limit
for (var at = document; ; ) at = at.body.appendChild(at.createElement('iframe')).contentDocument;

//! a frame that writes itself: fault.timeout, fault.limit, fault.uncaught
var own = document.body.appendChild(document.createElement('iframe')).contentDocument;
own.write('<script>document.write("<script>" + document.scripts[0].text + "<\\/script>")<\/script>');

//! frames that load frames: fault.timeout, fault.limit, fault.uncaught
(function more() {
  var frame = document.createElement('iframe');
  frame.onload = more;
  document.body.appendChild(frame);
})();

//! a frame that loads again: fault.timeout, fault.limit
var frame = document.createElement('iframe');
frame.onload = function () { frame.srcdoc += 'x'; };
document.body.appendChild(frame);
