function (source) {
    /()()()()()()()()()()/.exec('');
    (0, eval)(source);
    var seen = [RegExp.lastMatch, RegExp['$&'], RegExp.lastParen, RegExp['$+'], RegExp.leftContext, RegExp['$`'],
        RegExp.rightContext, RegExp["$'"], RegExp.input, RegExp.$_];
    for (var i = 1; i < 10; i++) seen.push(RegExp['$' + i]);
    return seen.join('|');
}
