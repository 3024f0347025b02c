// 商品推荐：从 JSON 读取商品，点击后以图文消息推给当前访客。
(function () {
  'use strict';

  var products = [];
  var visitor = null;   // 当前访客，没有选中或对话已结束时不能推送
  var chosen = {};      // 勾选的货号
  var pushed = {};      // 访客 -> 已推过的货号
  var checked = false;  // config 是否已经通过

  function $(id) { return document.getElementById(id); }

  function escapeHtml(text) {
    return String(text == null ? '' : text).replace(/[&<>"']/g, function (c) {
      return { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }[c];
    });
  }

  function tip(text) { $('tip').textContent = text; }

  function money(price) {
    return price > 0 ? '￥' + price.toFixed(2) : '免费';
  }

  // 图文的正文只能用 div、span 和 style
  function contentOf(product) {
    var html = '<div style="font-size:12px"><div><span style="color:#e4393c;font-weight:bold">' + money(product.price) + '</span>';
    if (product.was > product.price) {
      html += ' <span style="color:#999;text-decoration:line-through">' + money(product.was) + '</span>';
    }
    html += '</div>';
    (product.points || []).forEach(function (point) { html += '<div>' + escapeHtml(point) + '</div>'; });
    return html + '</div>';
  }

  // 有网址的在新窗口打开，否则打开一洽里的业务页面
  function urlOf(product) {
    if (product.link) return "http('" + product.link + "','blank')";
    return product.page ? 'apiUrl(' + product.page + ",'reload')" : '';
  }

  function canPush() {
    return checked && visitor !== null && visitor.chatStatus === 1;
  }

  function push(product) {
    if (!canPush()) {
      tip(visitor === null ? '请先选择访客' : '对话没有开始，不能推送');
      return false;
    }
    echatSDK.pushVisitorEvent({
      eventId: 'product-' + product.sku,
      title: product.name,
      content: contentOf(product),
      imageUrl: product.image || '',
      url: urlOf(product),
      memo: product.memo || ''
    });
    if (product.stock < 5) {
      // 只给客服看的提醒
      echatSDK.pushVisitorEvent({
        eventId: 'stock-' + product.sku,
        title: '库存提醒：' + product.name + ' 剩 ' + product.stock + ' 件',
        visibility: 2
      });
    }
    (pushed[visitor.id] = pushed[visitor.id] || {})[product.sku] = true;
    tip('已推送：' + product.name);
    return true;
  }

  function shown() {
    var category = $('category').value;
    var keyword = $('keyword').value.trim().toLowerCase();
    return products.filter(function (product) {
      return (!category || product.category === category) &&
        (!keyword || (product.name + product.sku).toLowerCase().indexOf(keyword) >= 0);
    });
  }

  function render() {
    var mine = visitor ? pushed[visitor.id] || {} : {};
    var rows = shown().map(function (product) {
      var classes = (mine[product.sku] ? 'pushed ' : '') + (visitor && visitor.sku === product.sku ? 'seen ' : '') +
        (product.stock > 0 ? '' : 'soldout');
      return '<li data-sku="' + escapeHtml(product.sku) + '" class="' + classes.trim() + '">' +
        '<input type="checkbox" class="choose"' + (chosen[product.sku] ? ' checked' : '') + '>' +
        '<span class="name">' + escapeHtml(product.name) + '</span><span class="price">' + money(product.price) + '</span>' +
        '<button type="button" class="push"' + (canPush() ? '' : ' disabled') + '>' + (mine[product.sku] ? '再发' : '发送') +
        '</button></li>';
    });
    $('list').innerHTML = rows.join('') || '<li class="empty">没有商品</li>';
    var count = Object.keys(chosen).length;
    $('chosen').textContent = count;
    $('push-chosen').disabled = !canPush() || count === 0;
  }

  function find(sku) {
    return products.filter(function (product) { return product.sku === sku; })[0];
  }

  // 事件委托：列表会反复重画
  $('list').addEventListener('click', function (event) {
    var row = event.target.closest('li[data-sku]');
    if (!row) return;
    var product = find(row.getAttribute('data-sku'));
    if (event.target.matches('.choose')) {
      if (event.target.checked) chosen[product.sku] = true; else delete chosen[product.sku];
      render();
    } else if (event.target.matches('.push, .name')) {
      push(product);
      render();
    }
  });

  $('push-chosen').addEventListener('click', function () {
    products.filter(function (product) { return chosen[product.sku]; }).every(push);
    chosen = {};
    render();
  });

  $('category').onchange = render;
  $('keyword').oninput = render;

  function load() {
    return fetch('data/products.json?shop=' + encodeURIComponent(echatSDK.getParamData('data', 'shop')))
      .then(function (response) {
        if (!response.ok) throw new Error('HTTP ' + response.status);
        return response.json();
      })
      .then(function (result) {
        if (result.code !== 200) throw new Error('code ' + result.code);
        products = result.data || [];
        var categories = {};
        products.forEach(function (product) {
          if (categories[product.category]) return;
          categories[product.category] = true;
          $('category').add(new Option(product.category, product.category));
        });
        render();
      })
      .catch(function (error) {
        $('list').innerHTML = '<li class="empty">商品加载失败</li>';
        console.error('products', error.message);
      });
  }

  // 业务系统传给访客的数据可能是对象，也可能是 JSON 文本
  function parsed(value) {
    if (typeof value !== 'string') return value || {};
    try { return JSON.parse(value) || {}; } catch (e) { return {}; }
  }

  echatSDK.config({
    debug: false,
    timestamp: echatSDK.getParamData('timestamp'),
    nonce: echatSDK.getParamData('nonce'),
    signature: echatSDK.getParamData('signature')
  });

  echatSDK.ready(function () {
    checked = true;
    $('shop').textContent = echatSDK.getParamData('data', 'shop');
    load();
  });

  echatSDK.error(function (res) {
    tip('验证失败：' + res.errcode + ' ' + res.errmsg);
  });

  echatSDK.onSelectVisitor(function (data) {
    var who = data.visitorData || {};
    visitor = who.visitorId ? {
      id: who.visitorId,
      name: who.name || who.visitorId,
      chatStatus: data.chatStatus,
      sku: parsed(data.myData).sku || ''   // 访客正在看的商品
    } : null;
    chosen = {};
    $('visitor').textContent = visitor ? visitor.name + (canPush() ? '' : '（对话未开始或已结束）') : '请先选择访客';
    $('visitor').className = canPush() ? '' : 'off';
    render();
  });

  // 访客发来货号或分类时替客服筛选，不自动推送
  echatSDK.onReceiveMsg(function (msg) {
    if (msg.msgType !== 1) return;
    var text = String(msg.content || '');
    var sku = /[A-Z]-\d{4}/i.exec(text);
    $('keyword').value = sku ? sku[0].toUpperCase() : '';
    $('category').value = '';
    if (!sku) {
      Array.prototype.some.call($('category').options, function (option) {
        if (!option.value || text.indexOf(option.value) < 0) return false;
        $('category').value = option.value;
        return true;
      });
    }
    render();
  });
}());
