var STATES = { open: "处理中", done: "已完成", closed: "已关闭" };
var KINDS = { repair: "维修", refund: "退款" };
var openid = "";
var following = {};   // 工单号 -> 定时器，办完为止

// 客服账号由客户端的服务器告诉页面；离开又回来时记在 sessionStorage 里
function init() {
  var ticket = /[?&]ticket=([^&]*)/.exec(location.search);
  if (sessionStorage.getItem("worker")) {
    byId("worker").innerHTML = sessionStorage.getItem("worker");
    if (localStorage.getItem("last")) turnTo(localStorage.getItem("last"));
    return;
  }
  var script = document.createElement("script");
  script.src = "http://crm1.dkf.qq.com/php/index.php/thirdapp/appdemo/get_workeraccount_by_sessionkey?callback=workerAccountCallback&ticket=" +
    (ticket ? ticket[1] : "");
  document.body.appendChild(script);
}

function workerAccountCallback(data) {
  sessionStorage.setItem("worker", data.workeraccount);
  byId("worker").innerHTML = data.workeraccount;
}

function turnTo(id) {
  openid = id;
  localStorage.setItem("last", id);
  byId("who").innerHTML = id;
  byId("level").innerHTML = "";
  byId("text").value = localStorage.getItem("draft-" + id) || "";
  jsonp("/customer?openid=" + id, function (customer) {
    // 回答到的时候可能已经换了客户
    if (openid != id) return;
    if (!customer) {
      byId("level").innerHTML = "（查不到）";
      return;
    }
    byId("who").innerHTML = customer.name;
    byId("level").innerHTML = customer.level;
    document.title = "售后工单 - " + customer.name;
  });
  list(id);
}

function list(id) {
  ask("GET", "/tickets?openid=" + id, null, function (answer) {
    if (openid != id || !answer) return;
    var rows = "";
    for (var i = 0; i < answer.tickets.length; i++) {
      var one = answer.tickets[i];
      rows += '<li id="ticket-' + one.id + '">' + one.id + " " + KINDS[one.kind] + " " + STATES[one.state] +
        ' <a href="javascript:void(0)" class="tell" onclick="tell(\'' + one.id + "','" + one.state + '\')">告诉客户</a>' +
        ' <a class="detail" href="detail.html?id=' + one.id + '">详情</a></li>';
    }
    byId("list").innerHTML = rows || "<li>没有工单</li>";
  });
}

function tell(id, state) {
  putText("您的工单 " + id + " " + STATES[state] + "。");
}

function keepDraft(text) {
  localStorage.setItem("draft-" + openid, text);
}

function create(form) {
  var kind = form.kind.value, text = form.text.value, id = openid, amount = "";
  if (!text) { alert("请写明问题"); return false; }
  if (!confirm("给" + byId("who").innerHTML + "建" + KINDS[kind] + "工单？")) return false;
  if (kind == "refund") {
    amount = prompt("退款金额（元）", "");
    if (!/^\d+(\.\d\d?)?$/.test(amount)) { alert("金额不对：" + amount); return false; }
  }
  // 建单要等仓库回答：先让客户知道，每半秒问一次进度
  var slow = setInterval(function () {
    ask("GET", "/progress?openid=" + id, null, function (answer) {
      if (answer && openid == id) tip("仓库处理中 " + answer.percent + "%");
    });
  }, 500);
  putText("正在为您登记，请稍候。");
  ask("POST", "/tickets", "openid=" + id + "&kind=" + kind + "&text=" + encodeURIComponent(text) + "&amount=" + amount, function (answer) {
    clearInterval(slow);
    if (!answer) return;
    localStorage.removeItem("draft-" + id);
    if (openid == id) form.text.value = "";
    putText("工单 " + answer.id + " 已建" + (amount ? "，退款 " + amount + " 元" : "") + "，我们会尽快处理。");
    follow(answer.id);
    if (openid == id) list(id);
  });
  return false;
}

// 五秒问一次，办完时告诉客户；最多问六次
function follow(id) {
  var times = 0;
  following[id] = setInterval(function () {
    if (++times > 6) { stop(id); return; }
    ask("GET", "/ticket?id=" + id, null, function (answer) {
      if (!answer || answer.state == "open" || !following[id]) return;
      stop(id);
      putText("工单 " + id + " " + STATES[answer.state] + "：" + answer.result);
      window.external.Notice(id);
    });
  }, 5000);
}

function stop(id) {
  clearInterval(following[id]);
  delete following[id];
}

function MCS_ClientNotify(str) {
  var data = JSON.parse(str);
  if (data.event == "OnUserChange") turnTo(data.useraccount);
}
