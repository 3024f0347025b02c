"""wechatpy and WeRoBot as WeChat's side of the push: `push.py PLAN FOLDER`.

PLAN is JSON: `urls` of receivers by mode, `token`, `key`, `app_id`, `timestamp`; `made`: requests {query, body} that
somebody else made, to be opened. What comes of each step is printed as in driver.py.
"""

import json
import sys
from urllib.parse import parse_qs

import requests
import xmltodict
from werobot.crypto import MessageCrypt
from werobot.utils import get_signature
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import TextReply
from wechatpy.utils import WeChatSigner

plan = json.loads(sys.argv[1])
TOKEN, KEY, APP_ID, TIME = (plan[name] for name in ("token", "key", "app_id", "timestamp"))
NONCE = "n1"


def say(name, value):
    line = {"step": name, "value": value}
    sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def signature_of(*parts):
    signer = WeChatSigner()
    signer.add_data(*parts)
    return signer.signature


def query(**more):
    signature = signature_of(TOKEN, TIME, NONCE)
    return dict(signature=signature, timestamp=TIME, nonce=NONCE, openid="oA", **more)


def message(by):
    """As the library writes messages: it has no MsgId, which WeChat's have."""
    text = TextReply(source="oA", target="gh_1", content="您好 <%s> ]]& 😀" % by, time=int(TIME))
    return text.render()


def post(mode, params, body):
    answer = requests.post(plan["urls"][mode], params=params, data=body.encode())
    return answer.status_code, answer.content.decode()


def fields(xml):
    return json.loads(json.dumps(xmltodict.parse(xml)["xml"]))


class Wechatpy:
    crypto = WeChatCrypto(TOKEN, KEY, APP_ID)

    def seal(self, xml):
        return self.crypto.encrypt_message(xml, NONCE, TIME)

    def open(self, body, signature, timestamp, nonce):
        return self.crypto.decrypt_message(body, signature, timestamp, nonce)


class Werobot:
    crypt = MessageCrypt(TOKEN, KEY, APP_ID)

    def seal(self, xml):
        return self.crypt.encrypt_message(xml, TIME, NONCE)

    def open(self, body, signature, timestamp, nonce):
        encrypted = fields(body)["Encrypt"]
        assert get_signature(TOKEN, timestamp, nonce, encrypted) == signature
        return self.crypt.decrypt_message(timestamp, nonce, signature, encrypted).decode()


def exchange(name, library, mode, beside=""):
    """An encrypted push with everything it needs, and its answer, opened by the same library."""
    sealed = library.seal(message(name))
    signature = fields(sealed)["MsgSignature"]
    body = sealed.replace("<xml>", "<xml>" + beside, 1)
    status, answer = post(mode, query(encrypt_type="aes", msg_signature=signature), body)
    parts = fields(answer)
    opened = library.open(answer, parts["MsgSignature"], parts["TimeStamp"], parts["Nonce"])
    say("%s, %s" % (name, mode), {"status": status, "answer": fields(opened)})


for mode, url in plan["urls"].items():
    answer = requests.get(url, params=query(echostr="<echo>"))
    say("verified, " + mode, {"status": answer.status_code, "echo": answer.text})
status, answer = post("plain", query(), message("plain"))
say("plain", {"status": status, "answer": fields(answer)})
for name, library in [("wechatpy", Wechatpy()), ("werobot", Werobot())]:
    exchange(name, library, "secure")
    exchange(name, library, "compat", "<Content>not this</Content><FromUserName>oZ</FromUserName>")
for number, made in enumerate(plan["made"]):
    params = {key: values[0] for key, values in parse_qs(made["query"]).items()}
    parts = [params[part] for part in ("msg_signature", "timestamp", "nonce")]
    xml = Wechatpy().open(made["body"], *parts)
    parsed = parse_message(xml)
    told = {"class": type(parsed).__name__, "from": parsed.source, "xml": xml}
    told["same"] = Werobot().open(made["body"], *parts) == xml
    say("opened %d" % number, told)
