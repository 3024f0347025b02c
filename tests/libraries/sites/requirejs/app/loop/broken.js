define(['jquery'], function ($) {
	return $.noSuchPlugin.start();
});
