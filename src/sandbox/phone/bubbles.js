// Entries of a conversation as what is seen of them: a bubble, a card, a line in the middle.
import { link, shownText, tap, textNodes, webAddress } from "./text.js";
import { word } from "./words.js";

export function node(name, classes, ...children) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const media = (id) => `/_sandbox/media/${encodeURIComponent(id)}`;

// A picture; `otherwise` stands where there is none.
function picture(address, classes, otherwise) {
  const image = node("img", classes);
  image.alt = "";
  image.referrerPolicy = "no-referrer";
  image.addEventListener("error", () => image.replaceWith(node("span", `${classes} missing`, otherwise || "")));
  image.src = address;
  return image;
}

// A picture somebody else has: of http, https or in the address itself.
function foreign(address, classes) {
  const known = webAddress(address) || (/^data:image\//i.test(address) ? address : null);
  return known ? picture(known, classes) : node("span", `${classes} missing`);
}

// A box that opens an address, or only looks like it.
function card(classes, address, ...children) {
  const known = webAddress(address || "");
  if (!known) return node("div", `card ${classes}`, ...children);
  const made = link("", known);
  made.className = `card ${classes}`;
  made.append(...children.filter((child) => child !== null));
  return made;
}

function news(content) {
  const articles = content.articles || [];
  if (articles.length === 1) {
    const [{ title, description, url, picurl }] = articles;
    return card("news", url, node("b", "title", title || ""), picurl ? foreign(picurl, "cover") : null,
      description ? node("p", "digest", description) : null,
      webAddress(url || "") ? node("span", "read", word("read")) : null);
  }
  const rows = articles.map(({ title, url, picurl }, index) =>
    card(index === 0 ? "lead" : "item", url, node("span", "title", title || ""), foreign(picurl || "", "cover")));
  return node("div", "several", ...rows);
}

function menu(content, phone) {
  const items = (content.list || []).map((item) =>
    node("li", "", tap(String(item.content), () => phone.say(String(item.content), String(item.id)))));
  return node("div", "bubble menu", ...textNodes(content.head_content || "", phone), node("ul", "", ...items),
    ...textNodes(content.tail_content || "", phone));
}

function voice(content, phone, known) {
  const seconds = known && known.playtime_ms ? Math.max(1, Math.round(known.playtime_ms / 1000)) : null;
  const made = tap("", () => {
    if (!known) return phone.toast(word("gone"));
    new Audio(media(content.media_id)).play().catch(() => phone.toast(word("unplayable")));
  });
  made.className = "bubble voice";
  made.title = word("voice");
  made.append(node("span", "waves"), node("span", "seconds", seconds ? `${seconds}″` : word("voice")));
  if (seconds) made.style.setProperty("--seconds", Math.min(seconds, 60));
  return made;
}

function video(content, known) {
  const box = node("div", "video");
  if (known) {
    const film = node("video", "cover");
    film.controls = true;
    film.preload = "metadata";
    film.src = media(content.media_id);
    if (content.thumb_media_id) film.poster = media(content.thumb_media_id);
    box.append(film);
  } else {
    box.append(picture(media(content.thumb_media_id || content.media_id), "cover", "▶"));
  }
  if (content.title) box.append(node("b", "title", content.title));
  if (content.description) box.append(node("p", "digest", content.description));
  return box;
}

function music(content) {
  return card("music", content.musicurl || content.hqmusicurl,
    node("div", "", node("b", "title", content.title || word("music")), node("p", "digest", content.description || "")),
    picture(media(content.thumb_media_id), "thumb", "♪"));
}

function program(content, phone) {
  const made = tap("", () => phone.toast(`${word("opens")} ${content.appid} ${content.pagepath}`));
  made.className = "card program";
  made.append(node("span", "from", "◎ ", content.appid || ""), node("b", "title", content.title || ""),
    picture(media(content.thumb_media_id), "cover", "◎"), node("span", "read", `◎ ${word("program")}`));
  return made;
}

function place(push) {
  const made = node("div", "card place", node("b", "title", push.Label || word("place")),
    node("p", "digest", `${push.Location_X}, ${push.Location_Y}`), node("span", "map", node("i", "pin")));
  return made;
}

// What the account sent. `phone` is the one in whose hand it lies.
function received(body, phone, known) {
  const content = body[body.msgtype] || {};
  switch (body.msgtype) {
    case "text": return node("div", "bubble", ...textNodes(content.content || "", phone));
    case "image": return picture(media(content.media_id), "picture", word("gone"));
    case "voice": return voice(content, phone, known);
    case "video": return video(content, known);
    case "music": return music(content);
    case "news": return news(content);
    case "mpnews":
    case "mpnewsarticle":
      return card("news", null, node("b", "title", word("article")), node("p", "digest", content.media_id || content.article_id),
        node("span", "read", word("read")));
    case "msgmenu": return menu(content, phone);
    case "wxcard": return card("news", null, node("b", "title", word("card")), node("p", "digest", content.card_id));
    case "miniprogrampage": return program(content, phone);
    default: return node("div", "bubble", `[${body.msgtype}]`);
  }
}

// What the customer sent.
function sent(push, phone, known) {
  switch (push.MsgType) {
    case "text": return node("div", "bubble", push.Content || "");
    case "image": return picture(known ? media(push.MediaId) : push.PicUrl || "", "picture", word("gone"));
    case "voice": return voice({ media_id: push.MediaId }, phone, known);
    case "video":
    case "shortvideo": return video({ media_id: push.MediaId || "", thumb_media_id: push.ThumbMediaId }, known);
    case "location": return place(push);
    case "link":
      return card("news", push.Url, node("b", "title", push.Title || ""), node("p", "digest", push.Description || ""));
    default: return node("div", "bubble", `[${push.MsgType}] ${word("unknown")}`);
  }
}

function deed(push) {
  const key = push.EventKey ? ` ${push.EventKey}` : "";
  const known = {
    subscribe: "subscribed", unsubscribe: "unsubscribed", CLICK: "clicked", VIEW: "viewed", SCAN: "scanned",
    scancode_push: "scanned", scancode_waitmsg: "scanned",
  }[push.Event];
  return known ? `${word(known)}${key}` : `${word("did")} ${push.Event}${key}`;
}

// The whole line of an entry.
export function row(entry, phone) {
  const { kind, body } = entry;
  if (kind === "notice") return node("li", "middle notice", body.content);
  if (kind === "said" && body.MsgType === "event") return node("li", "middle", deed(body));
  const mine = kind === "said";
  const what = mine ? sent(body, phone, entry.media) : received(body, phone, entry.media);
  const face = node("span", "face", mine ? entry.openid.slice(-2) : "号");
  const agent = mine ? null : body.customservice && body.customservice.kf_account;
  const note = entry.passive ? word("passive") : agent ? `${word("agent")} ${agent}` : null;
  const stack = node("div", "stack", what, note ? node("small", "", note) : null);
  return node("li", mine ? "mine" : "theirs", face, stack);
}

// One line for the list of phones.
export function summary(entry) {
  const { kind, body } = entry;
  if (kind === "notice") return body.content;
  if (kind === "said") return body.MsgType === "event" ? deed(body) : body.MsgType === "text" ? body.Content || "" : `[${body.MsgType}]`;
  return body.msgtype === "text" ? shownText(body.text.content) : `[${body.msgtype}]`;
}
