// Code that the parser or the compiler cannot take: one nests too deep, one is too long.

//! brackets: fault.uncaught, fault.timeout
eval('('.repeat(1e5));

//! brackets in a function: nothing, fault.timeout
new Function('('.repeat(1000) + '1' + ')'.repeat(1000));

//! lists: fault.uncaught, fault.timeout, fault.killed
eval('['.repeat(1e5));

//! lists that end: fault.uncaught, fault.timeout
eval('['.repeat(1e5) + ']'.repeat(1e5));

//! objects: fault.uncaught, fault.timeout, fault.limit, fault.killed
eval('({a:'.repeat(1e5));

//! blocks: fault.uncaught, fault.timeout
eval('{'.repeat(1e5) + '}'.repeat(1e5));

//! negations: nothing, fault.timeout, fault.killed
eval('!'.repeat(1e5) + '1');

//! signs: nothing, fault.timeout, fault.killed
eval('- '.repeat(1e5) + '1');

//! typeof: nothing, fault.timeout, fault.killed
eval('typeof '.repeat(1e5) + '1');

//! a sum: fault.timeout, fault.limit
eval('1' + '+1'.repeat(1e6));

//! a power: nothing, fault.timeout, fault.limit, fault.killed
eval('1' + '**1'.repeat(1e5));

//! conditions: nothing, fault.timeout, fault.killed
eval('1' + '?1:1'.repeat(2e4));

//! assignments: nothing, fault.timeout, fault.killed
eval('a='.repeat(1e5) + '1');

//! else-if: nothing, fault.timeout, fault.killed
eval('if (0) {}' + ' else if (0) {}'.repeat(20000));

//! if without blocks: fault.timeout, fault.killed
eval('if (1) '.repeat(1e5) + ';');

//! members: fault.timeout, fault.limit, fault.killed
eval('window' + '.window'.repeat(1e5));

//! calls: nothing, fault.timeout, fault.limit, fault.killed
var f = function () { return f; };
eval('f' + '()'.repeat(1e5));

//! functions: fault.uncaught, fault.timeout
eval('(function(){'.repeat(1e4) + '})()'.repeat(1e4));

//! arrows: nothing, fault.timeout, fault.killed
eval('()=>'.repeat(1e5) + '1');

//! templates: fault.uncaught, fault.timeout
eval('`${'.repeat(1e5) + '1' + '}`'.repeat(1e5));

//! labels: nothing, fault.timeout, fault.killed, fault.limit
for (var code = '', i = 0; i < 1e5; i++) code += 'l' + i + ':';
eval(code + ';');

//! new: nothing, fault.timeout, fault.killed
eval('new '.repeat(1e5) + 'Object');

//! destructuring: fault.uncaught, fault.timeout
eval('var ' + '['.repeat(1e5) + 'a' + ']'.repeat(1e5) + ' = 1');

//! a long script: fault.timeout, fault.limit
eval('a = 1;'.repeat(5e5));

//! many variables: nothing, fault.timeout, fault.limit, fault.killed
for (var code = 'var a', i = 0; i < 1e5; i++) code += ', a' + i + ' = ' + i;
eval(code);

//! an inline handler: fault.parse, fault.timeout
document.body.innerHTML = '<p onclick="' + '('.repeat(1e5) + '">';
document.body.firstChild.click();

//! an added script: fault.parse, fault.timeout
var script = document.createElement('script');
script.textContent = '!'.repeat(1e5) + '(' .repeat(1e5);
document.body.appendChild(script);

//! a timer's text: fault.parse, fault.timeout
setTimeout('('.repeat(1e5), 1);

//! functions without end: fault.timeout, fault.limit
for (var kept = [], i = 0; ; i++) kept.push(new Function('return ' + i));
