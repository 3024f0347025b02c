define(function (require, exports, module) {
	var log = require('log');
	module.exports = function (latitude, longitude) {
		var km = Math.round(Math.sqrt(Math.pow(latitude - 22.5, 2) + Math.pow(longitude - 114.1, 2)) * 111);
		log(module.id, km);
		return km + ' 公里';
	};
});
