"use strict";

// 多客服：window.external.PutMsg 发消息，MCS_ClientNotify 收通知
// 多客服: PutMsg sends, MCS_ClientNotify is told
const mcs = {
  count: 0,

  // 返回错误，没有错误返回空 / Returns the error, nothing where there is none
  sendText(text) {
    // random 每次要不同，重复的会被丢弃 / A call that repeats a random is discarded
    this.count += 1;
    const msg = { head: { random: String(this.count) }, body: [{ type: 0, content: { text } }] };
    const answer = JSON.parse(window.external.PutMsg(JSON.stringify({ msg })));
    return answer.retCode === 0 ? "" : answer.errMsg;
  }
};

// 通知是一个 JSON 字符串 / What it is told is a string of JSON
function MCS_ClientNotify(text) {
  const notice = JSON.parse(text);
  if (notice.event === "OnUserChange") {
    plugin.onCustomer(mcs, notice.useraccount);
  } else if (notice.event === "OnReceiveMsg" && notice.msgType === 1) {
    // duoke 的扩展：plugin.toml 里 extra_events = true / An extension of duoke's
    plugin.onText(notice.content);
  }
}
