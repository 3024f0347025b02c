var STATUS = ["待付款", "待发货", "已发货", "已签收"];
var openid = "";
var orders = null;
var keyword = "";
var lastRandom = 0;

function createXHR() {
  if (window.XMLHttpRequest) {
    return new XMLHttpRequest();
  }
  return new ActiveXObject("Microsoft.XMLHTTP");
}

function setState(text) {
  document.getElementById("state").innerHTML = text;
}

// 用时间做 random，同一毫秒内再加一
function nextRandom() {
  var now = new Date().getTime();
  lastRandom = now > lastRandom ? now : lastRandom + 1;
  return lastRandom + "";
}

function load(callback) {
  var xhr = createXHR();
  xhr.onreadystatechange = function () {
    if (xhr.readyState != 4) return;
    if (xhr.status != 200) {
      setState("读取订单失败：" + xhr.status);
      return;
    }
    var result = JSON.parse(xhr.responseText);
    if (result.ret !== 0) {
      setState("读取订单失败");
      return;
    }
    orders = result.orders;
    callback();
  };
  xhr.open("GET", "data/orders.json?_=" + new Date().getTime(), true);
  xhr.setRequestHeader("X-Requested-With", "XMLHttpRequest");
  xhr.send(null);
}

function init() {
  document.search.keyword.focus();
}

function mine(order) {
  return document.search.all.checked || order.openid == openid;
}

function render() {
  if (orders === null) return;
  var rows = [], i, order;
  for (i in orders) {
    order = orders[i];
    if (!mine(order) || (keyword != "" && order.id.indexOf(keyword) < 0)) continue;
    rows.push("<tr id=\"order-" + order.id + "\" class=\"" + (keyword ? "hit" : "") + "\"><td>" + order.id + "</td><td>" +
      order.goods + "</td><td>¥" + order.amount.toFixed(2) + "</td><td>" + STATUS[order.status] + "</td>" +
      "<td><a href=\"#\" class=\"text\" onclick=\"sendStatus('" + order.id + "');return false\">进度</a> " +
      "<a href=\"#\" class=\"card\" onclick=\"sendCard('" + order.id + "');return false\">卡片</a></td></tr>");
  }
  document.getElementById("orders").getElementsByTagName("tbody")[0].innerHTML = rows.join("");
  setState(rows.length ? "共 " + rows.length + " 个订单" : "没有找到订单");
}

function keywordChanged(input) {
  keyword = input.value.replace(/\D/g, "");
  render();
}

function doSearch(form) {
  keywordChanged(form.keyword);
  return false;
}

function find(id) {
  for (var i = 0; i < orders.length; i++) {
    if (orders[i].id == id) return orders[i];
  }
}

function put(message) {
  var json = '{"msg":{"head":{"random":"' + nextRandom() + '"},"body":[' + JSON.stringify(message) + "]}}";
  var ret = JSON.parse(window.external.PutMsg(json));
  if (ret.retCode != 0) alert(ret.errMsg);
}

function sendStatus(id) {
  var order = find(id);
  var text = "您的订单 " + order.id + "（" + order.goods + "）" + STATUS[order.status] + "。";
  if (order.express) text += "\n快递：" + order.express;
  put({ type: 0, content: { text: text } });
}

function sendCard(id) {
  var order = find(id);
  put({
    type: 7,
    content: [{
      title: "订单 " + order.id,
      digest: order.goods + "，" + STATUS[order.status] + "，合计 " + order.amount.toFixed(2) + " 元",
      cover: "https://shop.example.com/images/order.jpg",
      url: "https://shop.example.com/order?id=" + encodeURIComponent(order.id)
    }]
  });
}

function MCS_ClientNotify(str) {
  var data = JSON.parse(str);
  if (data.event != "OnUserChange") return;
  openid = data.userid;
  keyword = document.search.keyword.value = "";
  setState("正在查询…");
  load(render);
}
