var SERVER = "http://erp.shop.example.com";
var TRIES = 3, PAUSE = 2000;
var calls = 0;

function byId(id) { return document.getElementById(id); }

function tip(text) { byId("tip").innerHTML = text; }

// 跨域读取：JSONP，五秒没有回答就算失败
function jsonp(path, done) {
  var name = "erp" + new Date().getTime() + "_" + (++calls);
  var script = document.createElement("script");
  var timer = setTimeout(function () { finish(null); }, 5000);
  function finish(answer) {
    clearTimeout(timer);
    window[name] = function () {};
    if (script.parentNode) script.parentNode.removeChild(script);
    done(answer);
  }
  window[name] = finish;
  script.onerror = function () { finish(null); };
  script.src = SERVER + path + (path.indexOf("?") < 0 ? "?" : "&") + "callback=" + name + "&_=" + new Date().getTime();
  document.getElementsByTagName("head")[0].appendChild(script);
}

// 服务器出错时隔两秒再试，三次为止；业务上的错误不重试
function ask(method, path, body, done, tried) {
  var xhr = new XMLHttpRequest();
  tried = (tried || 0) + 1;
  function failed(reason) {
    if (tried >= TRIES) {
      tip("服务器没有回答：" + reason);
      done(null);
      return;
    }
    tip("第 " + tried + " 次失败（" + reason + "），稍后再试");
    setTimeout(function () { ask(method, path, body, done, tried); }, PAUSE);
  }
  xhr.onreadystatechange = function () {
    if (xhr.readyState != 4) return;
    if (xhr.status == 0) return failed("连不上");
    if (xhr.status >= 500) return failed(xhr.status);
    var answer = JSON.parse(xhr.responseText);
    if (answer.error) {
      alert(answer.error);
      done(null);
    } else {
      tip("");
      done(answer);
    }
  };
  xhr.open(method, SERVER + path, true);
  xhr.withCredentials = true;
  if (body) xhr.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
  xhr.send(body);
}

// 多客服：消息要有不重复的 random
var randoms = 0;
function putText(text) {
  var message = { msg: { head: { random: String(++randoms) }, body: [{ type: 0, content: { text: text } }] } };
  return window.external.PutMsg(JSON.stringify(message));
}
