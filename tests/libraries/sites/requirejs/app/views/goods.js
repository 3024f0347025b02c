define(['module', 'jquery', 'underscore', 'text!./goods.html', 'exports', '../util/log'], function (module, $, _, html, exports, log) {
	var size = module.config().size, template = _.template(html);
	var all = _.sortBy([{ name: '雨伞 & 伞套', price: 35 }, { name: '水杯', price: 19.9 }, { name: '毛巾', price: 12.5 }, { name: '手套', price: 25 }, { name: '帽子', price: 30 }], 'price');
	exports.at = 0;
	exports.page = function (at) {
		var total = Math.ceil(all.length / size);
		if (at < 0 || at >= total) { log('没有第', at + 1, '页'); return; }
		exports.at = at;
		$('#goods').html(template({ rows: all.slice(at * size, (at + 1) * size), at: at, total: total }));
	};
});
