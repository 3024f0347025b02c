"""What the drivers of Python clients share: they call, and print what came of it as JSON lines.

A line is {"step", "value"}, or {"step", "error": {"class", "code", "message"}} with the client's own exception.
"""

import json
import sys
import urllib.request

import requests

BASE, APP_ID, SECRET, FOLDER = sys.argv[1:5]
HOSTS = ("https://api.weixin.qq.com", "http://api.weixin.qq.com")


def redirect():
    """Whatever a client asks WeChat's host for goes to the sandbox; nothing else of the request changes."""
    original = requests.Session.request

    def request(self, method, url, **arguments):
        for host in HOSTS:
            if url.startswith(host):
                url = BASE + url[len(host):]
        if not url.startswith(BASE):
            raise RuntimeError("a client asked for " + url)
        return original(self, method, url, **arguments)

    requests.Session.request = request


def say(line):
    sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def step(name, call, code_of):
    """Calls, says what came of it and returns it; `code_of` reads WeChat's code from the client's exception."""
    try:
        value = call()
    except Exception as error:  # whatever it is, the test looks at it
        told = {"class": type(error).__name__, "code": code_of(error), "message": str(error)}
        say({"step": name, "error": told})
        return None
    if isinstance(value, requests.Response):
        shown = {"type": value.headers["Content-Type"], "bytes": len(value.content)}
    else:
        shown = value
    say({"step": name, "value": shown})
    return value


def sandbox(path, body):
    """The sandbox's own API, which no client knows."""
    data = json.dumps(body).encode()
    with urllib.request.urlopen(BASE + "/_sandbox/" + path, data) as answer:
        return json.load(answer)


def opened(name):
    return open(FOLDER + "/" + name, "rb")
