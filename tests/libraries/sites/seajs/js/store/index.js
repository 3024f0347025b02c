define(function (require, exports, module) {
	var rows = require('./rows'), tpl = require('tpl');
	exports.find = function (type) {
		var out = [];
		for (var i = 0; i < rows.length; i++) if (type == 'all' || rows[i].type == type) out.push(rows[i]);
		return out;
	};
	exports.add = function (row) { row.id = rows.length + 1; rows.push(row); return tpl.render('#{id}', row); };
	exports.where = module.uri.split('/').slice(-2).join('/') + ' ' + module.dependencies.length;
});
