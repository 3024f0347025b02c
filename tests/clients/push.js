// wechat-crypto as WeChat's side of the push: `push.js PLAN FOLDER`, as push.py.
'use strict';

const Crypt = require('wechat-crypto');

const plan = JSON.parse(process.argv[2]);
const crypt = new Crypt(plan.token, plan.key, plan.app_id);
const nonce = 'n1';

const say = (step, value) => process.stdout.write(JSON.stringify({ step, value }) + '\n');
/** An element's text; this library leaves XML to others. */
const element = (xml, name) => xml.match(new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`, 's'))[1];

function opened(body, signature, timestamp, nonce) {
  const encrypted = element(body, 'Encrypt');
  if (crypt.getSignature(timestamp, nonce, encrypted) !== signature) throw new Error('not signed');
  const { message, id } = crypt.decrypt(encrypted);
  if (id !== plan.app_id) throw new Error(`for ${id}`);
  return message;
}

async function exchange(mode, beside) {
  const text = `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName>
    <CreateTime>${plan.timestamp}</CreateTime><MsgType><![CDATA[text]]></MsgType>
    <Content><![CDATA[您好 <wechat-crypto> 😀]]></Content><MsgId>6054768590064713728</MsgId></xml>`;
  const encrypted = crypt.encrypt(text);
  const query = new URLSearchParams({
    signature: crypt.getSignature(plan.timestamp, nonce, ''),
    timestamp: plan.timestamp,
    nonce,
    openid: 'oA',
    encrypt_type: 'aes',
    msg_signature: crypt.getSignature(plan.timestamp, nonce, encrypted),
  });
  const body = `<xml><ToUserName><![CDATA[gh_1]]></ToUserName>${beside}<Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
  const response = await fetch(`${plan.urls[mode]}?${query}`, { method: 'POST', body });
  const answer = await response.text();
  const parts = ['MsgSignature', 'TimeStamp', 'Nonce'].map((name) => element(answer, name));
  const inner = opened(answer, ...parts);
  const names = ['ToUserName', 'FromUserName', 'MsgType', 'KfAccount'];
  say(`wechat-crypto, ${mode}`, { status: response.status, answer: names.map((name) => element(inner, name)) });
}

async function main() {
  await exchange('secure', '');
  await exchange('compat', '<Content>not this</Content>');
  plan.made.forEach((made, number) => {
    const query = new URLSearchParams(made.query);
    const parts = ['msg_signature', 'timestamp', 'nonce'].map((name) => query.get(name));
    say(`opened ${number}`, { xml: opened(made.body, ...parts) });
  });
}

main();
