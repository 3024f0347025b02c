define(['module', 'exports', 'require'], function (module, exports, require) {
	return function () {
		document.getElementById('log').appendChild(document.createTextNode(Array.prototype.join.call(arguments, ' ') + '\n'));
	};
});
