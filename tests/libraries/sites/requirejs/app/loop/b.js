define(['require', 'exports', 'module', 'loop/a'], function (require, exports, module, a) {
	exports.early = String(a); // 循环依赖：这时还是 undefined
	exports.both = function () { return require('loop/a').name + '乙 ' + exports.early + ' ' + module.uri.split('/').pop(); };
});
