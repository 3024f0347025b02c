define(function (require) {
	var $ = require('jquery');
	return { flash: function (where) { $(where).fadeTo(100, .5).fadeTo(100, 1).queue(function (next) { $(this).addClass('flashed'); next(); }); } };
});
