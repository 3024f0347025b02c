// Code that the parser or the compiler cannot take: one nests too deep, one is too long.

//! brackets: fault.uncaught, fault.parse, fault.killed, fault.timeout
eval('('.repeat(1e5));

//! brackets in a function: nothing, fault.uncaught, fault.killed, fault.timeout
new Function('('.repeat(1000) + '1' + ')'.repeat(1000));

//! lists: fault.uncaught, fault.killed, fault.timeout
eval('['.repeat(1e5));

//! lists that end: fault.uncaught, fault.killed, fault.timeout
eval('['.repeat(1e5) + ']'.repeat(1e5));

//! objects: fault.uncaught, fault.killed, fault.timeout
eval('({a:'.repeat(1e5));

//! blocks: fault.uncaught, fault.killed, fault.timeout
eval('{'.repeat(1e5) + '}'.repeat(1e5));

//! negations: fault.uncaught, fault.killed, fault.timeout, nothing
eval('!'.repeat(1e5) + '1');

//! signs: fault.uncaught, fault.killed, fault.timeout, nothing
eval('- '.repeat(1e5) + '1');

//! typeof: fault.uncaught, fault.killed, fault.timeout, nothing
eval('typeof '.repeat(1e5) + '1');

//! a sum: fault.uncaught, fault.killed, fault.timeout, fault.limit, nothing
eval('1' + '+1'.repeat(1e6));

//! a power: fault.uncaught, fault.killed, fault.timeout, fault.limit, nothing
eval('1' + '**1'.repeat(1e5));

//! conditions: fault.uncaught, fault.killed, fault.timeout, nothing
eval('1' + '?1:1'.repeat(2e4));

//! assignments: fault.uncaught, fault.killed, fault.timeout, nothing
eval('a='.repeat(1e5) + '1');

//! else-if: fault.uncaught, fault.killed, fault.timeout, nothing
eval('if (0) {}' + ' else if (0) {}'.repeat(20000));

//! if without blocks: fault.uncaught, fault.killed, fault.timeout, nothing
eval('if (1) '.repeat(1e5) + ';');

//! members: fault.uncaught, fault.killed, fault.timeout, fault.limit
eval('window' + '.window'.repeat(1e5));

//! calls: fault.uncaught, fault.killed, fault.timeout, fault.limit
var f = function () { return f; };
eval('f' + '()'.repeat(1e5));

//! functions: fault.uncaught, fault.killed, fault.timeout
eval('(function(){'.repeat(1e4) + '})()'.repeat(1e4));

//! arrows: fault.uncaught, fault.killed, fault.timeout, nothing
eval('()=>'.repeat(1e5) + '1');

//! templates: fault.uncaught, fault.killed, fault.timeout
eval('`${'.repeat(1e5) + '1' + '}`'.repeat(1e5));

//! labels: fault.uncaught, fault.killed, fault.timeout, nothing
for (var code = '', i = 0; i < 1e5; i++) code += 'l' + i + ':';
eval(code + ';');

//! new: fault.uncaught, fault.killed, fault.timeout, nothing
eval('new '.repeat(1e5) + 'Object');

//! destructuring: fault.uncaught, fault.killed, fault.timeout
eval('var ' + '['.repeat(1e5) + 'a' + ']'.repeat(1e5) + ' = 1');

//! a long script: fault.uncaught, fault.killed, fault.timeout, fault.limit, nothing
eval('a = 1;'.repeat(5e5));

//! many variables: fault.uncaught, fault.killed, fault.timeout, fault.limit, nothing
for (var code = 'var a', i = 0; i < 1e5; i++) code += ', a' + i + ' = ' + i;
eval(code);

//! an inline handler: fault.uncaught, fault.parse, fault.killed, fault.timeout
document.body.innerHTML = '<p onclick="' + '('.repeat(1e5) + '">';
document.body.firstChild.click();

//! an added script: fault.uncaught, fault.parse, fault.killed, fault.timeout
var script = document.createElement('script');
script.textContent = '!'.repeat(1e5) + '(' .repeat(1e5);
document.body.appendChild(script);

//! a timer's text: fault.uncaught, fault.parse, fault.killed, fault.timeout
setTimeout('('.repeat(1e5), 1);

//! functions without end: fault.timeout, fault.limit
for (var kept = [], i = 0; ; i++) kept.push(new Function('return ' + i));
