// 一洽工作台：SDK 只在这里用到。监听不能注销，所以整个页面只注册一次，再分发给订阅者。
const sdk = window.echatSDK;
const subscribers = new Set();

const tell = (type, data) => subscribers.forEach((subscriber) => subscriber({ type, ...data }));

export function subscribe(subscriber) {
  subscribers.add(subscriber);
  return () => subscribers.delete(subscriber);
}

// 页面地址里的业务数据
export const business = () => ({
  shop: sdk.getParamData('data', 'shop'),
  staff: sdk.getParamData('data', 'staff'),
  group: sdk.getParamData('group'),
});

export const setFollowedUp = (isDone) => sdk.setVisitorChatSign({ chatSign: isDone ? 1 : 0 });
export const sendText = (text) => sdk.sendTxtMsgToVisitor(text);
export const sendFile = ({ url, name, size }) => sdk.sendFileToVisitor({ fileUrl: url, fileName: name, fileSize: size });

let isConnected = false;
export function connect() {
  if (isConnected) return;
  isConnected = true;
  sdk.config({
    debug: false,
    timestamp: sdk.getParamData('timestamp'),
    nonce: sdk.getParamData('nonce'),
    signature: sdk.getParamData('signature'),
  });
  sdk.ready(() => tell('ready', { business: business() }));
  sdk.error((res) => tell('error', { message: `${res.errcode} ${res.errmsg}` }));
  sdk.onSelectVisitor((visitor) => tell('select', { visitor }));
  sdk.onReceiveMsg((message) => tell('message', { message }));
  sdk.onCrmUpdate((crm) => tell('crm', { crm }));
}
