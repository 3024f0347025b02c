define(function (require, exports) {
	var $ = require('jquery'), tpl = require('tpl'), store = require('store'), text = require('./i18n/{lang}');
	var user = '', type = 'all';
	function show() {
		var html = $.map(store.find(type), function (row) {
			return tpl.render('<li class="{type}" data-id="{id}"><a href="###">{title}</a> <em>{state}</em>{none}</li>', $.extend({ state: text[row.type] }, row));
		}).join('');
		$('#list').html(html).find('li:odd').addClass('odd');
		$('#count').text($('#list li').size());
	}
	exports.init = function (root) {
		$(root).delegate('#list a', 'click', function (e) {
			e.preventDefault();
			var title = $(this).text();
			require.async(['./widgets/dialog', './widgets/effect'], function (dialog, effect) {
				dialog.open('#dialog', title, function () { put(user + ' ' + text.sent + '：' + title); });
				effect.flash('#dialog');
			});
		}).attr('data-store', store.where);
		$('#type').change(function () { type = $(this).val(); show(); put(type + ' ' + $('#count').text() + ' 个'); });
		$('#more').click(function () {
			require.async('./missing', function (missing) { $('#more').text(missing && missing.rows ? '更多' : '没有更多'); });
		});
		show();
	};
	$('#debug').click(function () {
		var module = seajs.require ? seajs.require('tpl') : null;
		seajs.use(['./js/inline', 'widget/effect'], function (inline, effect) {
			$('#debug').text([typeof inline, inline && inline.at, typeof effect.flash, module && module.version, seajs.resolve('tpl').replace(/^.*\/js\//, ''), seajs.data.base.slice(-3), $('link').length].join(' '));
			put('模块 ' + require.resolve('./ticket').split('/').pop());
		});
		define('inline-module', ['tpl'], function (require, exports) { exports.text = require('tpl').render('{a}{b}', { a: 1 }); });
		seajs.use('inline-module', function (inline) { $('#debug').attr('title', inline.text); });
	});
	exports.user = function (name) { user = name; $('h2').attr('title', name); put(name + ' 的工单 ' + store.find('all').length); };
	exports.place = function (data) { put('新工单 ' + store.add({ title: data.location, type: 'open' })); show(); };
});
