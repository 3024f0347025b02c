require(['jquery', 'views/goods', 'legacy/cart', 'log', 'legacy/cart-extra'], function ($, goods, cart, log) {
	'use strict';
	var user = '';
	window.MCS_ClientNotify = function (str) {
		var data = JSON.parse(str);
		if (data.event === 'OnUserChange') {
			user = data.useraccount;
			goods.page(0);
			log('用户', user, 'jQuery ' + $.fn.jquery, typeof window._);
			put('你好 ' + user);
		} else {
			require(['util/distance', 'text!views/place.html'], function (distance, html) {
				$('#cart').append(html.replace('$1', data.location).replace('$2', distance(data.latitude, data.longitude)));
				put($('#cart .place').last().text());
			});
		}
	};
	$('#next').on('click', function () { goods.page(goods.at + 1); });
	$('#prev').on('click', function () { goods.page(goods.at - 1); });
	$('#goods').on('click', 'dt', function () { cart.add($(this).text(), +$(this).next().data('price')); });
	$('#loop').click(function () {
		try { require('never/loaded'); } catch (e) { log(e.requireType, e.message.split('\n')[0]); }
		requirejs.onError = function (e) { log('onError', e.requireType, e.requireModules.join(), e.originalError instanceof TypeError || e instanceof TypeError); };
		require(['loop/a'], function (a) {
			put(a.say());
			log(requirejs.specified('loop/b'), requirejs.defined('loop/none'));
			var other = requirejs.config({ context: 'other', baseUrl: 'app/util', map: { '*': {} } });
			other(['require', 'version'], function (require, version) {
				log(version.number, require.toUrl('x.js'));
				requirejs(['loop/broken']);
			});
		});
	});
	$('#checkout').click(function () { put(user + ' ' + cart.text()); cart.clear(); });
	$('#broken').click(function () {
		require(['views/none'], function () { log('统计已载入'); }, function (error) {
			log(error.requireType, error.requireModules.join());
			require.undef('views/none');
			define('views/none', ['require', 'exports', 'module'], function (require, exports, module) { exports.id = module.id + ' ' + require.toUrl('./a.png'); });
			require(['views/none'], function (none) { log(none.id); });
		});
	});
});
