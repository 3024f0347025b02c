// The page's words, by `?lang=` or the browser's language: Chinese, or English.
const ENGLISH = {
  users: "Phones", newUser: "openid of a new user", add: "Add", send: "Send", more: "More", message: "Message",
  picture: "Picture", subscribe: "Subscribe", unsubscribe: "Unsubscribe", menu: "Menu", click: "Click",
  place: "Location", label: "Name of the place", latitude: "Latitude", longitude: "Longitude",
  nobody: "Choose a phone, or add one.", typing: "is typing…", lost: "connection lost, trying again…",
  read: "Read more", article: "Article", card: "Card", program: "Mini program", gone: "only its id exists here",
  unplayable: "browsers cannot play this format", video: "Video",
  music: "Music", subscribed: "You follow the account", unsubscribed: "You no longer follow the account",
  clicked: "You clicked the menu", scanned: "You scanned", viewed: "You opened", did: "Event", agent: "agent",
  passive: "passive reply", unknown: "Message of another type", voice: "Voice", refused: "refused",
  opens: "would open the mini program",
};
const CHINESE = {
  users: "手机", newUser: "新用户的 openid", add: "添加", send: "发送", more: "更多", message: "消息",
  picture: "图片", subscribe: "关注", unsubscribe: "取消关注", menu: "菜单", click: "点击",
  place: "位置", label: "地点名称", latitude: "纬度", longitude: "经度",
  nobody: "请选择一部手机，或新建一个用户。", typing: "对方正在输入…", lost: "连接已断开，正在重试…",
  read: "阅读全文", article: "图文消息", card: "卡券", program: "小程序", gone: "这里只有它的编号",
  unplayable: "浏览器无法播放此格式", video: "视频",
  music: "音乐", subscribed: "你已关注该公众号", unsubscribed: "你已取消关注该公众号",
  clicked: "你点击了菜单", scanned: "你扫描了", viewed: "你打开了", did: "事件", agent: "客服",
  passive: "被动回复", unknown: "其他类型的消息", voice: "语音", refused: "被拒绝",
  opens: "将打开小程序",
};
const asked = new URLSearchParams(location.search).get("lang");
const words = (asked || navigator.language || "").toLowerCase().startsWith("zh") ? CHINESE : ENGLISH;

export const word = (name) => words[name];

// Fills what index.html names.
export function fill(root) {
  document.documentElement.lang = words === CHINESE ? "zh" : "en";
  for (const node of root.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const node of root.querySelectorAll("[data-placeholder]")) node.placeholder = word(node.dataset.placeholder);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
}
