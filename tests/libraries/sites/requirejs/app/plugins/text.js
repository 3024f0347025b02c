// 与官方 text 插件同样的接口：load(name, req, onload)
define({
	normalize: function (name, normalize) { return normalize(name); },
	load: function (name, req, onload, config) {
		var xhr = new XMLHttpRequest();
		xhr.open('GET', req.toUrl(name), true);
		xhr.onreadystatechange = function () {
			if (xhr.readyState !== 4) return;
			if (xhr.status >= 400) onload.error(new Error(name + ' ' + xhr.status));
			else onload(xhr.responseText);
		};
		xhr.send(null);
	}
});
