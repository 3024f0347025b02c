define(function (require, exports) {
	exports.version = '1.2';
	exports.render = function (text, data) {
		return text.replace(/\{(\w+)\}/g, function (all, key) { return data[key] === undefined ? all : data[key]; });
	};
});
