// co-wechat-api through the whole of customer service: `run_co_wechat_api.js BASE APP_ID SECRET FOLDER`. What is printed is
// as in driver.py.
'use strict';

const fs = require('fs');
const API = require('co-wechat-api');
const { postJSON } = require('co-wechat-api/lib/util');

const [base, appId, secret, folder] = process.argv.slice(2);
const HOST = /^https?:\/\/api\.weixin\.qq\.com/;

/** A client whose calls to WeChat's host go to the sandbox; nothing else of them changes. */
function client(password, ...stores) {
  const api = new API(appId, password, ...stores);
  api.request = (url, options, retry) => API.prototype.request.call(api, url.replace(HOST, base), options, retry);
  return api;
}

async function step(name, call) {
  const say = (line) => process.stdout.write(JSON.stringify({ step: name, ...line }) + '\n');
  try {
    const value = await call();
    say({ value: Buffer.isBuffer(value) ? { bytes: value.length } : value });
    return value;
  } catch (error) {
    say({ error: { class: error.name, code: error.code ?? null, message: error.message } });
    return null;
  }
}

async function sandbox(path, body) {
  const answer = await fetch(`${base}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return answer.json();
}

async function main() {
  const api = client(secret);
  const post = async (path, body) => {
    const { accessToken } = await api.ensureAccessToken();
    return api.request(`https://api.weixin.qq.com/${path}?access_token=${accessToken}`, postJSON(body));
  };
  await step('token', () => api.getAccessToken());
  const account = { grant_type: 'client_credential', appid: appId, secret };
  await step('stable token', () => api.request(`${api.prefix}stable_token`, postJSON(account)));

  const ids = {};
  for (const [kind, file] of Object.entries({ image: '图片.png', voice: 'voice.amr', video: 'film.mp4', thumb: 'thumb.jpg' })) {
    const answer = await step(`upload ${kind}`, () => api.uploadMedia(`${folder}/${file}`, kind));
    ids[kind] = answer.media_id ?? answer.thumb_media_id;
  }
  const bytes = fs.readFileSync(`${folder}/图片.png`);
  await step('upload bytes', () => api.uploadMedia(bytes, 'image', 'a.png', 'image/png'));
  await step('upload no picture', () => api.uploadMedia(`${folder}/voice.amr`, 'image'));
  await step('download', () => api.getMedia(ids.image));
  await step('download nothing', () => api.getMedia('gone'));

  const article = { title: '标题', description: '摘要', url: 'http://a/', picurl: 'http://a/b.png' };
  const page = { title: '小程序', appid: 'wx1', pagepath: 'pages/a?b=c', thumb_media_id: ids.image };
  const music = { title: '歌', description: '词', musicurl: 'http://a/m.mp3', hqmusicurl: 'http://a/h.mp3', thumb_media_id: ids.thumb };
  await step('send text', () => api.sendText('oA', '您好 "<a href=\\"http://a/\\">é</a>" 😀\n第二行'));
  await step('send image', () => api.sendImage('oA', ids.image));
  await step('send voice', () => api.sendVoice('oA', ids.voice));
  await step('send video', () => api.sendVideo('oA', ids.video, ids.thumb));
  await step('send music', () => api.sendMusic('oA', music));
  await step('send news', () => api.sendNews('oA', [article]));
  await step('send mpnews', () => api.sendMpNews('oA', 'MP'));
  await step('send card', () => api.sendCard('oA', 'CARD'));
  await step('send miniprogrampage', () => api.sendMiniProgram('oA', page));
  const list = [{ id: '1', content: '好' }, { id: '2', content: '不好' }];
  const menu = { head_content: '满意吗？', list, tail_content: '谢谢' };
  await step('send msgmenu', () => post('cgi-bin/message/custom/send', { touser: 'oA', msgtype: 'msgmenu', msgmenu: menu }));
  const typing = (command) => post('cgi-bin/message/custom/typing', { touser: 'oA', command });
  await step('typing', () => typing('Typing'));
  await step('typing again', () => typing('Typing'));
  await step('typing no more', () => typing('CancelTyping'));

  await step('kf add', () => api.addKfAccount('new@duoke', '小王'));
  await step('kf add again', () => api.addKfAccount('new@duoke', '小王'));
  await step('kf update', () => api.updateKfAccount('new@duoke', '小李'));
  await step('kf avatar', () => api.setKfAccountAvatar('new@duoke', `${folder}/thumb.jpg`));
  await step('kf avatar no jpeg', () => api.setKfAccountAvatar('new@duoke', `${folder}/图片.png`));
  await step('kf invite', () => api.inviteworker('new@duoke', 'wx_person'));
  await step('kf invite again', () => api.inviteworker('new@duoke', 'wx_person'));
  await step('kf list', () => api.getCustomServiceList());
  await step('kf online', () => api.getOnlineCustomServiceList());
  await step('kf delete', () => api.deleteKfAccount('new@duoke'));
  await step('kf delete again', () => api.deleteKfAccount('new@duoke'));
  await step('session create', () => api.createKfSession('on@duoke', 'oA'));
  await step('session close', () => post('customservice/kfsession/close', { kf_account: 'on@duoke', openid: 'oA' }));
  await step('session close again', () => post('customservice/kfsession/close', { kf_account: 'on@duoke', openid: 'oA' }));
  const now = Math.floor(Date.now() / 1000);
  const span = { starttime: now - 3600, endtime: now + 3600 };
  await step('records', () => post('customservice/msgrecord/getmsglist', { ...span, msgid: 1, number: 10000 }));
  // The client's own call is WeChat's of 2014, which is gone.
  await step('records of 2014', () => api.getRecords({ ...span, openid: 'oA', pagesize: 10, pageindex: 1 }));

  await sandbox('expire-token', {});
  await step('renewed', () => api.sendText('oA', '又来了'));
  // One whose token is somebody else's to renew.
  const held = { accessToken: (await api.ensureAccessToken()).accessToken, expireTime: Date.now() + 1e6 };
  const guest = client(secret, async () => held, async () => {}, true);
  await sandbox('expire-token', {});
  await step('expired', () => guest.sendText('oA', 'x'));
  await api.getAccessToken();
  await step('stranger', () => api.sendText('oNobody', 'x'));
  for (let number = 1; number < 7; number += 1) await step(`to B ${number}`, () => api.sendText('oB', `${number}`));
  await sandbox('clock', { advance_seconds: 48 * 3600 });
  await api.getAccessToken();
  await step('too late', () => api.sendText('oA', 'x'));
  await step('wrong secret', () => client('wrong').getAccessToken());
}

main();
