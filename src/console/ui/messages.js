// Messages as the customer would see them, from what the outbox or a plugin's call says.
import { address, path } from "./api.js";
import { node, toast } from "./dom.js";
import { model } from "./model.js";
import { link, shownText, textNodes, webAddress } from "./text.js";
import { word } from "./words.js";

// The messages of a call of PutMsg, in the outbox's form.
export function ofPutMsg(msg) {
  const body = Array.isArray(msg?.body) ? msg.body : [];
  return body.map((one) => {
    const content = one?.content;
    if (Array.isArray(content)) {
      const articles = content.map((article) => ({
        title: article?.title, description: article?.digest, picurl: article?.cover, url: article?.url,
      }));
      return { msgtype: "news", body: { articles } };
    }
    if (content?.picUrl) return { msgtype: "image", body: { picUrl: content.picUrl } };
    return { msgtype: "text", body: { content: String(content?.text ?? "") } };
  });
}

// That of a call of the EChat SDK; none where it sends none.
export function ofEchat(call, [first]) {
  const given = first && typeof first === "object" ? first : {};
  switch (call) {
    case "sendTxtMsgToVisitor": return [{ msgtype: "text", body: { content: String(first) } }];
    case "sendImageToVisitor": return [{ msgtype: "image", body: { picUrl: given.sourceImg } }];
    case "sendVideoToVisitor": return [{ msgtype: "video", body: { file_url: given.fileUrl } }];
    case "sendVoiceToVisitor": return [{ msgtype: "voice", body: { file_url: given.fileUrl, duration_ms: given.voiceDuration * 1_000 } }];
    case "sendFileToVisitor": return [{ msgtype: "file", body: { file_url: given.fileUrl, file_name: given.fileName, file_size: given.fileSize } }];
    case "pushVisitorEvent": {
      const description = String(given.content ?? "").replace(/<[^<>]*>/g, "");
      return [{ msgtype: "news", body: { articles: [{ title: given.title, description, picurl: given.imageUrl, url: given.url }] } }];
    }
    default: return [];
  }
}

// What a customer wrote, in WeChat's own names.
export function ofPush(push) {
  switch (push.MsgType) {
    case "text": return { msgtype: "text", body: { content: push.Content ?? "" } };
    case "image": return { msgtype: "image", body: { picUrl: push.PicUrl } };
    case "location": return { msgtype: "place", body: { title: push.Label, content: `${push.Location_X}, ${push.Location_Y}` } };
    case "link": return { msgtype: "news", body: { articles: [{ title: push.Title, description: push.Description, url: push.Url }] } };
    case "event": return { msgtype: "event", body: { content: `${push.Event} ${push.EventKey || ""}` } };
    default: return { msgtype: push.MsgType, body: {} };
  }
}

// One line of it.
export function says({ msgtype, body }) {
  switch (msgtype) {
    case "text": return shownText(body.content || "");
    case "news": return (body.articles || []).map(({ title }) => `[${word("news")}] ${title ?? ""}`).join(" ");
    case "event": return body.content;
    default: return `[${word(msgtype) ?? msgtype}] ${body.title || body.file_name || body.picUrl || body.file_url || body.media_id || ""}`;
  }
}

// Pictures come through the host: of the page that sends them, whose addresses may be its own.
function pictureAddress(url, plugin) {
  if (/^data:image\//i.test(url)) return url;
  const named = plugin ?? model.plugin;
  if (!webAddress(url || "") || !model.seat || !named) return null;
  return address(`${path("pages", model.seat, named, "resource")}?url=${encodeURIComponent(url)}`);
}

function picture(url, plugin, classes) {
  const known = pictureAddress(url, plugin);
  const missing = () => node("span", { class: `${classes} missing`, title: url || "" }, word("image"));
  if (!known) return missing();
  const image = node("img", { class: classes, alt: "", src: known, title: url });
  image.addEventListener("error", () => image.replaceWith(missing()));
  return image;
}

const hand = { say: () => {}, toast };

function article({ title, description, url, picurl }, plugin, isLead) {
  const parts = [
    picurl ? picture(picurl, plugin, isLead ? "cover" : "thumb") : null,
    node("span", { class: "words" }, node("b", {}, title || ""), description ? node("span", { class: "digest" }, description) : null),
  ];
  const known = webAddress(url || "");
  if (!known) return node("span", { class: "article" }, parts);
  const made = link("", known);
  made.className = "article";
  made.append(...parts.filter(Boolean));
  return made;
}

function file({ title, file_name: name, file_url: url, file_size: size, duration_ms: ms, media_id: media }, kind) {
  const known = webAddress(url || "");
  const label = title || name || media || url || "";
  const facts = [ms ? `${Math.round(ms / 1_000)}″` : null, size ? `${Math.ceil(size / 1_024)} KB` : null].filter(Boolean).join(" · ");
  return node("div", { class: "bubble file" }, node("span", { class: "kind" }, word(kind) ?? kind), " ",
    known ? link(label, known) : label, facts ? ` ${facts}` : null);
}

const titled = (title, digest) => node("div", { class: "card" }, node("b", {}, title || ""), node("span", { class: "digest" }, digest));

// What is seen of one. `plugin`: whose page sends it.
export function bubble({ msgtype, body }, plugin = null) {
  const content = body || {};
  switch (msgtype) {
    case "text": return node("div", { class: "bubble" }, ...textNodes(content.content || "", hand));
    case "image":
      return content.picUrl ? picture(content.picUrl, plugin, "picture") : file(content, "image");
    case "news": {
      const articles = content.articles || [];
      return node("div", { class: "card" }, articles.map((one, index) => article(one, plugin, index === 0)));
    }
    case "place": return titled(content.title || word("place"), content.content);
    case "msgmenu":
      return node("div", { class: "bubble" }, ...textNodes(content.head_content || "", hand),
        node("ul", {}, (content.list || []).map((item) => node("li", {}, String(item.content)))),
        ...textNodes(content.tail_content || "", hand));
    case "miniprogrampage": return titled(content.title, `${word("program")} ${content.appid} ${content.pagepath}`);
    case "music": return file({ title: content.title, file_url: content.musicurl }, "music");
    case "link": return node("div", { class: "card" }, article({ ...content, picurl: content.thumb_url }, plugin, false));
    case "wxcard": return file({ title: content.card_id }, "card");
    case "mpnews":
    case "mpnewsarticle": return file({ title: content.media_id || content.article_id }, "news");
    case "event": return node("div", { class: "middle" }, content.content);
    default: return file(content, msgtype);
  }
}
