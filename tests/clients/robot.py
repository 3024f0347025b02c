"""A robot of WeRoBot, served by wsgiref: `robot.py TOKEN APP_ID KEY`, without encryption where KEY is empty.

Prints the port it listens on, then what it hears, as JSON lines {"step", "value"}; ends when it is killed.
"""

import json
import logging
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from werobot import WeRoBot
from werobot.replies import Article, ArticlesReply, ImageReply, MusicReply, TransferCustomerServiceReply

token, app_id, key = sys.argv[1:4]
robot = WeRoBot(token=token, app_id=app_id, encoding_aes_key=key or None, logger=None)
robot.config["SESSION_STORAGE"] = False
logging.disable(logging.WARNING)


def say(step, value):
    sys.stdout.buffer.write(json.dumps({"step": step, "value": value}, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()


@robot.text
def text(message):
    say("text", {"content": message.content, "from": message.source, "id": message.message_id})
    if message.content == "人工":
        return TransferCustomerServiceReply(message=message, account="on@duoke")
    if message.content == "图文":
        reply = ArticlesReply(message=message)
        reply.add_article(Article(title="标题", description="摘要", img="http://a/p.png", url="http://a/"))
        return reply
    if message.content == "音乐":
        return MusicReply(message=message, title="歌", description="词", url="http://a/m", hq_url="http://a/h")
    # What ends a CDATA section this framework does not write.
    return "听到：" + message.content.replace("]]>", "")


@robot.image
def image(message):
    say("image", {"url": message.img, "id": message.message_id})
    return ImageReply(message=message, media_id="IMG")


@robot.subscribe
def subscribe(message):
    say("subscribe", {"key": message.key})
    return "欢迎"


@robot.click
def click(message):
    say("click", {"key": message.key})
    # Nothing to say: an empty body. This framework would encrypt `success`, which the manual does not know.
    return None


@robot.location
def location(message):
    say("location", {"place": message.location, "label": message.label})
    return "好"


class Silent(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


server = make_server("127.0.0.1", 0, robot.wsgi, handler_class=Silent)
say("listening", server.server_port)
server.serve_forever()
