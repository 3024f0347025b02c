"""wechatpy through the whole of customer service: `run_wechatpy.py BASE APP_ID SECRET FOLDER`."""

import time

import driver
from driver import opened, sandbox

driver.redirect()

from wechatpy import WeChatClient  # noqa: E402

client = WeChatClient(driver.APP_ID, driver.SECRET)
client.API_BASE_URL = driver.BASE + "/cgi-bin/"


def step(name, call):
    return driver.step(name, call, lambda error: getattr(error, "errcode", None))


def upload(kind, file):
    with opened(file) as media:
        return client.media.upload(kind, media)


step("token", client.fetch_access_token)
stable = {"grant_type": "client_credential", "appid": driver.APP_ID, "secret": driver.SECRET}
step("stable token", lambda: client.post("stable_token", data=stable))

ids = {}
for kind, file in [("image", "图片.png"), ("voice", "voice.amr"), ("video", "film.mp4"), ("thumb", "thumb.jpg")]:
    answer = step("upload " + kind, lambda: upload(kind, file))
    ids[kind] = answer.get("media_id", answer.get("thumb_media_id"))
step("upload no picture", lambda: upload("image", "voice.amr"))
step("download", lambda: client.media.download(ids["image"]))
step("download nothing", lambda: client.media.download("gone"))

message = client.message
page = {"title": "小程序", "appid": "wx1", "pagepath": "pages/a?b=c", "thumb_media_id": ids["image"]}
article = {"title": "标题", "description": "摘要", "url": "http://a/", "image": "http://a/b.png"}
step("send text", lambda: message.send_text("oA", '您好 "<a href=\\"http://a/\\">é</a>" 😀\n第二行'))
step("send image", lambda: message.send_image("oA", ids["image"], account="on@duoke"))
step("send voice", lambda: message.send_voice("oA", ids["voice"]))
step("send video", lambda: message.send_video("oA", ids["video"], "片名", "说明"))
step("send music", lambda: message.send_music("oA", "http://a/m.mp3", "http://a/h.mp3", ids["thumb"], "歌", "词"))
step("send news", lambda: message.send_articles("oA", [article]))
step("send mpnews", lambda: message.send_articles("oA", "MP"))
step("send card", lambda: message.send_card("oA", "CARD"))
step("send miniprogrampage", lambda: message.send_mini_program_page("oA", page))
step("send link", lambda: message.send_link("oA", article))
menu = {"head_content": "满意吗？", "list": [{"id": "1", "content": "好"}, {"id": "2", "content": "不好"}], "tail_content": "谢谢"}
send = lambda body: client.post("message/custom/send", data=dict(body, touser="oA"))
step("send msgmenu", lambda: send({"msgtype": "msgmenu", "msgmenu": menu}))
step("send mpnewsarticle", lambda: send({"msgtype": "mpnewsarticle", "mpnewsarticle": {"article_id": "ART"}}))
typing = lambda command: client.post("message/custom/typing", data={"touser": "oA", "command": command})
step("typing", lambda: typing("Typing"))
step("typing again", lambda: typing("Typing"))
step("typing no more", lambda: typing("CancelTyping"))

kf = client.customservice
step("kf add", lambda: kf.add_account("new@duoke", "小王", "secret"))
step("kf add again", lambda: kf.add_account("new@duoke", "小王", "secret"))
step("kf update", lambda: kf.update_account("new@duoke", "小李", "secret"))
step("kf avatar", lambda: kf.upload_headimg("new@duoke", opened("thumb.jpg")))
step("kf avatar no jpeg", lambda: kf.upload_headimg("new@duoke", opened("图片.png")))
invite = {"kf_account": "new@duoke", "invite_wx": "wx_person"}
step("kf invite", lambda: client.post(driver.BASE + "/customservice/kfaccount/inviteworker", data=invite))
step("kf list", kf.get_accounts)
step("kf online", kf.get_online_accounts)
step("kf delete", lambda: kf.delete_account("new@duoke"))
step("kf delete again", lambda: kf.delete_account("new@duoke"))
step("session create", lambda: kf.create_session("oA", "on@duoke", "附加"))
step("session of user", lambda: kf.get_session("oA"))
step("sessions of account", lambda: kf.get_session_list("on@duoke"))
step("session close", lambda: kf.close_session("oA", "on@duoke"))
step("session close again", lambda: kf.close_session("oA", "on@duoke"))
step("session not bound", lambda: kf.create_session("oA", "off@duoke"))
step("waiting", kf.get_wait_case)
now = int(time.time())
step("records", lambda: kf.get_records(now - 3600, now + 3600))
step("records of two days", lambda: kf.get_records(now - 172800, now))

# Errors, as this client's own exceptions; and a token it renews by itself.
sandbox("expire-token", {})
step("renewed", lambda: message.send_text("oA", "又来了"))
client.auto_retry = False
sandbox("expire-token", {})
step("expired", lambda: message.send_text("oA", "x"))
client.fetch_access_token()
step("stranger", lambda: message.send_text("oNobody", "x"))
sandbox("faults", {"path": "/cgi-bin/message/custom/send", "errcode": 45009})
step("quota", lambda: message.send_text("oA", "x"))
for number in range(1, 7):
    step("to B %d" % number, lambda: message.send_text("oB", "%d" % number))
sandbox("clock", {"advance_seconds": 48 * 3600})
client.fetch_access_token()
step("too late", lambda: message.send_text("oA", "x"))
step("wrong secret", WeChatClient(driver.APP_ID, "wrong").fetch_access_token)
