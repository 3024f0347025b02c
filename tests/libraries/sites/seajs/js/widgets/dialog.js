define(function (require, exports, module) {
	var $ = require('../jquery-wrapper');
	module.exports = {
		open: function (where, title, yes) {
			$(where).empty().append($('<p/>').text(title), $('<button id="yes">发送</button>').one('click', function () { yes(); $(where).hide(); })).show();
		}
	};
});
