// The events that pages are told, and their fields, in the manuals' names.

// What the customer wrote, as EChat tells it; `when`: of which `msgType`.
const RECEIVED = [
  { name: "msgType", kind: "choice", values: [[1, "text"], [2, "image"], [3, "video"], [4, "voice"], [5, "file"]] },
  { name: "content", kind: "long", when: [1], value: "在吗？" },
  { name: "smallImg", kind: "address", when: [2] },
  { name: "sourceImg", kind: "address", when: [2] },
  { name: "videoThumbUrl", kind: "address", when: [3] },
  { name: "fileUrl", kind: "address", when: [3, 4, 5] },
  { name: "voiceDuration", kind: "number", when: [4], value: 7 },
  { name: "fileName", kind: "text", when: [5] },
  { name: "fileSize", kind: "number", when: [5], value: 1024 },
];

const SELECTOR = { name: "selector", kind: "text", value: "" };

export const EVENTS = [
  {
    type: "stimulus.mcs.OnUserChange", api: "mcs",
    fields: [{ name: "channeltype", kind: "text", value: "1" }],
    fill: (data, openid) => ({ ...data, useraccount: openid, userid: openid }),
  },
  {
    type: "stimulus.mcs.OnMapMsgClick", api: "mcs",
    fields: [
      { name: "location", kind: "text", value: "上海市人民广场" },
      { name: "latitude", kind: "number", value: 31.2304 },
      { name: "longitude", kind: "number", value: 121.4737 },
      { name: "scale", kind: "number", value: 15 },
    ],
  },
  { type: "stimulus.mcs.OnReceiveMsg", api: "mcs", fields: RECEIVED, fill: (data, openid) => ({ visitorId: openid, ...data }) },
  {
    type: "stimulus.echat.onSelectVisitor", api: "echat",
    fields: [
      { name: "chatStatus", kind: "choice", values: [[1, "chatStarted"], [2, "chatEnded"], [0, "chatNone"]] },
      { name: "metaData", kind: "text" },
      { name: "myData", kind: "text" },
      { name: "visitorData.name", kind: "text" },
      { name: "routeData", kind: "json", value: "{}" },
      { name: "chatData", kind: "json", value: "{}" },
      { name: "crmData", kind: "json", value: "{}" },
    ],
    fill: (data, openid) => ({ ...data, visitorData: { visitorId: openid, ...data.visitorData } }),
  },
  { type: "stimulus.echat.onReceiveMsg", api: "echat", fields: RECEIVED, fill: (data, openid) => ({ visitorId: openid, ...data }) },
  {
    type: "stimulus.echat.onCrmUpdate", api: "echat",
    fields: [
      { name: "name", kind: "text" },
      { name: "nickName", kind: "text" },
      { name: "gender", kind: "choice", values: [[0, "genderUnknown"], [1, "genderMale"], [2, "genderFemale"]] },
      { name: "age", kind: "text" },
      { name: "phone", kind: "text" },
      { name: "qq", kind: "text" },
      { name: "wechat", kind: "text" },
      { name: "email", kind: "text" },
      { name: "memo", kind: "long" },
    ],
    fill: (data, openid) => ({ visitorId: openid, ...data }),
  },
  {
    type: "stimulus.wechat.push", api: "wechat",
    fields: [
      {
        name: "MsgType", kind: "choice", values: [["text", "text"], ["image", "image"], ["voice", "voice"], ["video", "video"],
          ["location", "place"], ["link", "link"], ["event", "event"]],
      },
      { name: "Content", kind: "long", when: ["text"], value: "你好" },
      { name: "PicUrl", kind: "address", when: ["image"], value: "http://mmbiz.qpic.cn/mmbiz/demo/0" },
      { name: "MediaId", kind: "text", when: ["image", "voice", "video"], value: "media-demo-1" },
      { name: "Format", kind: "text", when: ["voice"], value: "amr" },
      { name: "Recognition", kind: "text", when: ["voice"], value: "我的订单到哪了" },
      { name: "ThumbMediaId", kind: "text", when: ["video"], value: "media-demo-2" },
      { name: "Label", kind: "text", when: ["location"], value: "上海市人民广场" },
      { name: "Location_X", kind: "number", when: ["location"], value: 31.2304 },
      { name: "Location_Y", kind: "number", when: ["location"], value: 121.4737 },
      { name: "Scale", kind: "number", when: ["location"], value: 15 },
      { name: "Title", kind: "text", when: ["link"], value: "公众平台官网链接" },
      { name: "Description", kind: "text", when: ["link"] },
      { name: "Url", kind: "address", when: ["link"], value: "https://example.com/" },
      { name: "Event", kind: "text", when: ["event"], value: "CLICK" },
      { name: "EventKey", kind: "text", when: ["event"], value: "menu-1" },
    ],
    fill: (data, openid) => ({ ToUserName: "gh_duoke", FromUserName: openid, CreateTime: Math.floor(Date.now() / 1_000), MsgId: Date.now(), ...data }),
  },
  { type: "stimulus.page.reload", api: "page", fields: [] },
  { type: "stimulus.ui.click", api: "page", fields: [SELECTOR] },
  { type: "stimulus.ui.input", api: "page", fields: [SELECTOR, { name: "value", kind: "long" }] },
  { type: "stimulus.ui.change", api: "page", fields: [SELECTOR, { name: "value", kind: "state" }] },
  { type: "stimulus.ui.submit", api: "page", fields: [SELECTOR] },
  { type: "stimulus.ui.key", api: "page", fields: [SELECTOR, { name: "value", kind: "text", value: "Enter" }] },
];

export const APIS = ["mcs", "echat", "wechat", "page"];

// Whether a field is asked for, by what the first field of its event says.
export const isAsked = ({ when }, first) => !when || when.map(String).includes(String(first));

// What a field says; undefined where it is left out. JSON that is none throws.
export function valueOf({ kind, values }, text) {
  switch (kind) {
    case "number": return text === "" ? undefined : Number(text);
    case "json": return text.trim() === "" ? undefined : JSON.parse(text);
    // Of a box that is ticked or not, of a list of which several are chosen, or a text.
    case "state": return /^(true|false|\[.*\])$/.test(text) ? JSON.parse(text) : text;
    case "choice": return values.find(([value]) => String(value) === text)?.[0];
    default: return text;
  }
}

// Puts a value at a dotted name.
export function put(data, name, value) {
  const [head, rest] = name.split(".");
  if (rest) data[head] = { ...data[head], [rest]: value };
  else data[head] = value;
}
