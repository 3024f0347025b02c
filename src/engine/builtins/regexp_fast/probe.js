function (source) {
    function show(value) {
        if (value === undefined) return 'undefined';
        if (Array.isArray(value)) {
            var text = '[' + value.map(show).join() + ']';
            Object.keys(value).forEach(function (key) {
                if (!/^\d+$/.test(key)) text += ' ' + key + '=' + show(value[key]);
            });
            return text;
        }
        return JSON.stringify(value);
    }
    /()()()()()()()()()()/.exec('');
    var value, statics;
    try { value = (0, eval)(source); } catch (e) { value = e instanceof Error ? e.name : 'thrown ' + e; }
    statics = [RegExp['$&'], RegExp['$+'], RegExp['$`'], RegExp["$'"], RegExp.input, RegExp.$1, RegExp.$2];
    return show(value) + ' ' + show(statics);
}
