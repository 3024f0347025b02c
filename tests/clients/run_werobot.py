"""WeRoBot through the whole of customer service: `run_werobot.py BASE APP_ID SECRET FOLDER`."""

import time

import driver
from driver import opened, sandbox

driver.redirect()

from werobot.client import Client  # noqa: E402

client = Client({"APP_ID": driver.APP_ID, "APP_SECRET": driver.SECRET})
API = "https://api.weixin.qq.com"


def code_of(error):
    """This client says the code at the beginning of its message."""
    code = str(error).partition(":")[0]
    return int(code) if code.lstrip("-").isdigit() else None


def step(name, call):
    return driver.step(name, call, code_of)


def post(path, body):
    return client.post(API + path, data=body)


step("token", client.grant_token)
stable = {"grant_type": "client_credential", "appid": driver.APP_ID, "secret": driver.SECRET}
step("stable token", lambda: client.post(API + "/cgi-bin/stable_token", params={}, data=stable))

ids = {}
for kind, file in [("image", "图片.png"), ("voice", "voice.amr"), ("video", "film.mp4"), ("thumb", "thumb.jpg")]:
    answer = step("upload " + kind, lambda: client.upload_media(kind, opened(file)))
    ids[kind] = answer.get("media_id", answer.get("thumb_media_id"))
step("upload no picture", lambda: client.upload_media("image", opened("voice.amr")))
step("download", lambda: client.download_media(ids["image"]))

article = {"title": "标题", "description": "摘要", "url": "http://a/", "picurl": "http://a/b.png"}
step("send text", lambda: client.send_text_message("oA", '您好 "<a href=\\"http://a/\\">é</a>" 😀\n第二行'))
step("send image", lambda: client.send_image_message("oA", ids["image"], kf_account="on@duoke"))
step("send voice", lambda: client.send_voice_message("oA", ids["voice"]))
step("send video", lambda: client.send_video_message("oA", ids["video"], "片名", "说明"))
music = ("http://a/m.mp3", "http://a/h.mp3", ids["thumb"], "歌", "词")
step("send music", lambda: client.send_music_message("oA", *music))
step("send news", lambda: client.send_article_message("oA", [article]))
step("send mpnews", lambda: client.send_news_message("oA", "MP"))
page = ("小程序", "wx1", "pages/a?b=c", ids["image"])
step("send miniprogrampage", lambda: client.send_miniprogrampage_message("oA", *page))
menu = {"head_content": "满意吗？", "list": [{"id": "1", "content": "好"}, {"id": "2", "content": "不好"}], "tail_content": "谢谢"}
send = lambda body: post("/cgi-bin/message/custom/send", dict(body, touser="oA"))
step("send msgmenu", lambda: send({"msgtype": "msgmenu", "msgmenu": menu}))
step("send card", lambda: send({"msgtype": "wxcard", "wxcard": {"card_id": "CARD"}}))
typing = lambda command: post("/cgi-bin/message/custom/typing", {"touser": "oA", "command": command})
step("typing", lambda: typing("Typing"))
step("typing again", lambda: typing("Typing"))
step("typing no more", lambda: typing("CancelTyping"))

step("kf add", lambda: client.add_custom_service_account("new@duoke", "小王", "0" * 32))
step("kf add again", lambda: client.add_custom_service_account("new@duoke", "小王", "0" * 32))
step("kf update", lambda: client.update_custom_service_account("new@duoke", "小李", "0" * 32))
step("kf avatar", lambda: client.upload_custom_service_account_avatar("new@duoke", opened("thumb.jpg")))
step("kf avatar no jpeg", lambda: client.upload_custom_service_account_avatar("new@duoke", opened("图片.png")))
invite = {"kf_account": "new@duoke", "invite_wx": "wx_person"}
step("kf invite", lambda: post("/customservice/kfaccount/inviteworker", invite))
step("kf list", client.get_custom_service_account_list)
step("kf online", client.get_online_custom_service_account_list)
step("kf delete", lambda: client.delete_custom_service_account("new@duoke", "小李", "0" * 32))
step("kf delete again", lambda: client.delete_custom_service_account("new@duoke", "小李", "0" * 32))
session = {"kf_account": "on@duoke", "openid": "oA"}
step("session create", lambda: post("/customservice/kfsession/create", session))
step("session close", lambda: post("/customservice/kfsession/close", session))
step("session close again", lambda: post("/customservice/kfsession/close", session))
step("waiting", lambda: client.get(API + "/customservice/kfsession/getwaitcase"))
now = int(time.time())
span = {"starttime": now - 3600, "endtime": now + 3600, "msgid": 1, "number": 10000}
step("records", lambda: post("/customservice/msgrecord/getmsglist", span))

# This client renews a token by its age only.
sandbox("expire-token", {})
step("expired", lambda: client.send_text_message("oA", "x"))
client._token = None
step("renewed", lambda: client.send_text_message("oA", "又来了"))
step("stranger", lambda: client.send_text_message("oNobody", "x"))
for number in range(1, 7):
    step("to B %d" % number, lambda: client.send_text_message("oB", "%d" % number))
sandbox("clock", {"advance_seconds": 48 * 3600})
client._token = None
step("too late", lambda: client.send_text_message("oA", "x"))
step("wrong secret", Client({"APP_ID": driver.APP_ID, "APP_SECRET": "wrong"}).grant_token)
