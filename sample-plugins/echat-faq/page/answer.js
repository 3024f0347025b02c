var isReady = false;      // 一洽的验证是否通过
var current = "";         // 当前客户
var last = {};            // 客户 -> 上一次自动回答的条目
var greeted = {};
var open = 0;             // 没有自动回答的消息
var random = 0;

function byId(id) { return document.getElementById(id); }

function record(text) {
  byId("record").textContent = text + "\n" + byId("record").textContent;
}

function absolute(path) {
  var a = document.createElement("a");
  a.href = path;
  return a.href;
}

// 两个客户端的接口不同：消息从哪边来，就从哪边回
var mcs = {
  put: function (message) {
    var ret = window.external.PutMsg(JSON.stringify({ msg: { head: { random: String(++random) }, body: [message] } }));
    if (JSON.parse(ret).retCode !== 0) record("发送失败 " + ret);
  },
  text: function (text) { this.put({ type: 0, content: { text: text } }); },
  image: function (url) { this.put({ type: 1, content: { picUrl: url } }); }
};
var echat = {
  text: function (text) { echatSDK.sendTxtMsgToVisitor(text); },
  image: function (url) { echatSDK.sendImageToVisitor({ smallImg: url, sourceImg: url }); }
};

function send(entry, by) {
  by.text(entry.text);
  if (entry.image) by.image(absolute(entry.image));
}

// 全角变半角，去掉空白和标点，不分大小写
function normalize(text) {
  return String(text).replace(/[\uff01-\uff5e]/g, function (c) {
    return String.fromCharCode(c.charCodeAt(0) - 0xfee0);
  }).toLowerCase().replace(/[\s,.!?~\u3000\u3001\u3002]+/g, "");
}

function score(entry, text) {
  var best = 0;
  for (var i = 0; i < entry.keys.length; i++) {
    var words = entry.keys[i].split(" ");
    var all = words.every(function (word) { return text.indexOf(word) >= 0; });
    if (all) best = Math.max(best, words.join("").length);
  }
  return best;
}

// 最长的关键词胜出；一样长时排在前面的胜出
function match(content) {
  var text = normalize(content), found = null, best = 0;
  for (var i = 0; i < FAQ.length; i++) {
    var points = score(FAQ[i], text);
    if (points > best) { best = points; found = FAQ[i]; }
  }
  return found;
}

function highlight(entry) {
  for (var i = 0; i < FAQ.length; i++) {
    byId("faq-" + FAQ[i].id).className = FAQ[i] === entry ? "hit" : "";
  }
}

function left(count) {
  open = count;
  byId("open").innerHTML = open;
}

// 一个条目不连着答两遍：第二遍说明没有答到点子上，转人工
function answer(visitorId, content) {
  if (/人工|客服|投诉/.test(content)) {
    left(open + 1);
    window.external.Notice("human");
    echat.text("好的，正在为您转接人工客服，请稍候。");
    return;
  }
  var entry = match(content);
  highlight(entry);
  if (!entry || !byId("auto").checked) {
    left(open + 1);
    return;
  }
  if (last[visitorId] === entry.id) {
    left(open + 1);
    window.external.Notice("again");
    return;
  }
  last[visitorId] = entry.id;
  send(entry, echat);
}

var OTHERS = { 2: "收到您的图片，客服看过后马上回复您。", 3: "收到您的视频，客服看过后马上回复您。", 4: "暂时不方便听语音，请您用文字告诉我们。" };

function setCurrent(id, name) {
  current = id;
  byId("who").textContent = name || id;
  left(0);
  highlight(null);
}

function init() {
  var rows = "";
  for (var i = 0; i < FAQ.length; i++) {
    rows += '<li id="faq-' + FAQ[i].id + '">' + FAQ[i].title + ' <a href="javascript:void(0)" onclick="sendEntry(' + i +
      ')">发送</a></li>';
  }
  byId("faq").innerHTML = rows;
}

function sendEntry(n) {
  if (!current) { alert("没有客户"); return; }
  send(FAQ[n], isReady ? echat : mcs);
  last[current] = FAQ[n].id;
  left(0);
}

// 多客服
function MCS_ClientNotify(str) {
  var data = JSON.parse(str);
  if (data.event === "OnUserChange") {
    setCurrent(data.useraccount || data.userid);
    if (!greeted[current]) {
      greeted[current] = true;
      mcs.text("您好，直接输入问题就可以得到回答，例如：运费、退换货、尺码。");
    }
  } else if (data.event === "OnMapMsgClick") {
    mcs.text("离「" + data.location + "」最近的门店：\n" + FAQ[5].text);
  }
}

// 一洽
echatSDK.config({
  debug: true,
  timestamp: echatSDK.getParamData("timestamp"),
  nonce: echatSDK.getParamData("nonce"),
  signature: echatSDK.getParamData("signature")
});

echatSDK.ready(function () {
  isReady = true;
  record("已连接，客服 " + echatSDK.getParamData("data", "staff"));
});

echatSDK.error(function (res) {
  record("一洽验证失败：" + res.errmsg);
});

echatSDK.onSelectVisitor(function (visitor) {
  var data = visitor.visitorData || {};
  setCurrent(data.visitorId || "", data.name);
});

// 第一个监听：记录
echatSDK.onReceiveMsg(function (msg) {
  var kinds = { 1: "文本", 2: "图片", 3: "视频", 4: "语音", 5: "文件" };
  var shown = msg.content || msg.fileName || (msg.voiceDuration ? msg.voiceDuration + " 秒" : "") || msg.sourceImg || "";
  record("[" + kinds[msg.msgType] + "] " + shown);
});

// 第二个监听：文字
echatSDK.onReceiveMsg(function (msg) {
  if (msg.msgType === 1) answer(msg.visitorId, msg.content || "");
});

// 第三个监听：其他
echatSDK.onReceiveMsg(function (msg) {
  if (msg.msgType === 1) return;
  left(open + 1);
  if (OTHERS[msg.msgType] && byId("auto").checked) {
    echat.text(OTHERS[msg.msgType]);
  } else if (msg.msgType === 5) {
    echat.text("已收到文件「" + msg.fileName + "」（" + Math.ceil(msg.fileSize / 1024) + " KB），客服会尽快处理。");
  }
});

echatSDK.onCrmUpdate(function (crm) {
  if (crm.visitorId === current) byId("who").textContent = (crm.name || crm.nickName || current) + (crm.gender === 2 ? " 女士" : crm.gender === 1 ? " 先生" : "");
});
