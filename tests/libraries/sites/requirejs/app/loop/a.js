define('loop/a', ['require', './b'], function (require, b) {
	return { name: '甲', say: function () { return require('./b').both(); } };
});
