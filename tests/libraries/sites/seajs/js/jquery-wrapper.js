// jQuery 1.8 认识 AMD（define.amd），不认识 CMD，所以按习惯包一层
define(function (require, exports, module) {
	var request = new XMLHttpRequest();
	request.open('GET', '../../node_modules/jquery-1.8/tmp/jquery.js', false);
	request.send(null);
	(new Function(request.responseText)).call(window);
	module.exports = window.jQuery.noConflict(true);
});
