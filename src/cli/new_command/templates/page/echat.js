"use strict";

// 一洽：echatSDK / 一洽 (EChat): echatSDK
const echat = {
  sendText(text) {
    echatSDK.sendTxtMsgToVisitor(text);
    return "";
  }
};

// 页面地址里的签名，原样交回 / The signature from the page's address
echatSDK.config({
  timestamp: echatSDK.getParamData("timestamp"),
  nonce: echatSDK.getParamData("nonce"),
  signature: echatSDK.getParamData("signature")
});

echatSDK.error((result) => plugin.record("一洽验证失败：" + result.errmsg));

echatSDK.onSelectVisitor((visitor) => {
  const { visitorId, name } = visitor.visitorData || {};
  plugin.onCustomer(echat, visitorId || "", name);
});

// msgType 1 是文字 / 1 is a text
echatSDK.onReceiveMsg((message) => {
  if (message.msgType === 1) plugin.onText(message.content);
});
