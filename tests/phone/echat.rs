//! What a page of 一洽 can send, from the page through the whole program to what a customer sees of it.

use std::process::{Command, Stdio};

use axum::{Router, extract::Path, http::StatusCode, http::header, response::IntoResponse, routing::get};
use duoke::wechat::Profile;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{chromium::Chromium, wechat_bench::Bench};

/// A picture that is one, 160 by 120.
const PICTURE: &[u8] = include_bytes!("../../sample-plugins/quick-reply/page/images/shop.png");

/// Every sender, in every form that leads to another message; `SERVER` has the files that are not the page's own.
const PAGE: &str = r#"<!DOCTYPE html><meta charset="utf-8"><a id="own" href="shop.png"></a><script>
echatSDK.config({
  timestamp: echatSDK.getParamData("timestamp"), nonce: echatSDK.getParamData("nonce"),
  signature: echatSDK.getParamData("signature")
});
echatSDK.onSelectVisitor(function () {
  var own = document.getElementById("own").href;
  echatSDK.pushVisitorEvent({
    eventId: "e1", title: "新款风衣 <限量>", imageUrl: "SERVER/cover.png", url: "http('SERVER/item?id=1&from=kf','blank')",
    content: "<div style='color:red'>价格：<span>￥299.00</span></div><div>尺码 &lt; XL</div>", memo: "仅限今天\n售完为止"
  });
  echatSDK.pushVisitorEvent({title: "订单 8412", content: "<div>已发货</div>", url: "apiUrl(order7,'reload')", imageUrl: "SERVER/cover.png"});
  echatSDK.pushVisitorEvent({title: "只有标题"});
  echatSDK.pushVisitorEvent({title: "客服看的", visibility: 2});
  echatSDK.sendTxtMsgToVisitor("第一行\n第二行 SERVER/help 。");
  echatSDK.sendTxtMsgToVisitor('请先<a href="SERVER/return?a=1&b=2">申请售后</a>，1 < 2');
  echatSDK.sendImageToVisitor({smallImg: own, sourceImg: own});
  echatSDK.sendVideoToVisitor({videoThumbUrl: "SERVER/cover.png", fileUrl: "SERVER/film.mp4"});
  echatSDK.sendVoiceToVisitor({fileUrl: "SERVER/voice.amr", voiceDuration: 3});
  echatSDK.sendVoiceToVisitor({fileUrl: "SERVER/voice.wav", voiceDuration: 7});
  echatSDK.sendFileToVisitor({fileUrl: "SERVER/manual.pdf", fileName: "使用说明<1>.pdf", fileSize: 12595});
});
</script>"#;

/// What is to be seen of the account's messages, in order: what kind of thing, its words line by line, where its links
/// lead, how wide its pictures really are, and how long a voice.
const SEEN: &str = r#"[...document.querySelectorAll(".theirs .stack > :first-child")].map((thing) => ({
    what: `${thing.localName} ${thing.className}`,
    words: thing.innerText.split("\n").filter((line) => line !== ""),
    links: [thing, ...thing.querySelectorAll("a")].filter((node) => node.href).map((node) => node.href),
    pictures: [thing, ...thing.querySelectorAll("img")].filter((node) => node.localName === "img").map((image) => image.naturalWidth),
    films: [...thing.querySelectorAll("video")].map((film) => [film.controls, film.poster !== ""]),
}))"#;

/// A server of the files; its address.
async fn files() -> String {
    let file = |Path(name): Path<String>| async move {
        let (kind, bytes) = match &*name {
            "cover.png" => ("image/png", PICTURE.to_vec()),
            "film.mp4" => ("video/mp4", b"\0\0\0\x18ftypmp42 and nothing to see".to_vec()),
            "voice.amr" => {
                ("audio/amr", [b"#!AMR\n".to_vec(), [vec![0x3c], vec![0; 31]].concat().repeat(150)].concat())
            }
            "voice.wav" => ("audio/wav", b"RIFF\x24\0\0\0WAVEfmt ".to_vec()),
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
        ([(header::CONTENT_TYPE, kind)], bytes).into_response()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/{name}", get(file))).await });
    address
}

/// Plays the page to the sandbox's user oA.
fn forward(bench: &Bench, server: &str) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| std::fs::write(folder.path().join(name), content).unwrap();
    write("page.html", PAGE.replace("SERVER", server).as_bytes());
    write("shop.png", PICTURE);
    write(
        "plugin.toml",
        format!("page = \"page.html\"\nallow = [\"{server}\"]\n[echat]\ntoken = \"t0ken\"\n").as_bytes(),
    );
    let select = json!({"type": "stimulus.echat.onSelectVisitor", "subject": "oA", "data": {"chatStatus": 1}});
    write("log.jsonl", format!("{select}\n").as_bytes());
    let ready = bench.running.ready();
    let ran = Command::new(env!("CARGO_BIN_EXE_duoke"))
        .args(["run", ".", "--events", "log.jsonl", "--forward", "--wechat-base", &ready.listening])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("DUOKE_APP_ID", &ready.app_id)
        .env("DUOKE_APP_SECRET", &ready.app_secret)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}\n{}", String::from_utf8_lossy(&ran.stderr), String::from_utf8_lossy(&ran.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_page_of_echat_sends_is_seen() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    let server = files().await;
    tokio::task::block_in_place(|| forward(&bench, &server));
    let mut browser = Chromium::start();
    browser.open(&format!("{}/#oA", bench.running.ready().listening));
    browser.until("document.querySelectorAll('.theirs').length === 10");
    browser.until("[...document.images].every((image) => image.complete)");
    browser.picture("echat");

    let seen = |what: &str, words: Value, links: Value| json!({"what": what, "words": words, "links": links, "pictures": [], "films": []});
    let at = |path: &str| format!("{server}/{path}");
    let mut expected = [
        seen(
            "a card news",
            json!(["新款风衣 <限量>", "价格：￥299.00", "尺码 < XL", "仅限今天", "售完为止", "Read more"]),
            json!([at("item?id=1&from=kf")]),
        ),
        seen("div card news", json!(["订单 8412", "已发货"]), json!([])),
        seen("div card news", json!(["只有标题"]), json!([])),
        seen("div bubble", json!(["第一行", format!("第二行 {} 。", at("help"))]), json!([at("help")])),
        seen("div bubble", json!(["请先申请售后，1 < 2"]), json!([at("return?a=1&b=2")])),
        seen("img picture", json!([]), json!([])),
        seen("div video", json!([]), json!([])),
        seen(
            "a bubble voice",
            json!(["3″"]),
            json!([browser.value("location.href + ''").as_str().unwrap().replace("#oA", "#")]),
        ),
        seen("div bubble", json!(["语音：点击收听（7 秒）"]), json!([at("voice.wav")])),
        seen("div bubble", json!(["文件：使用说明＜1＞.pdf（12.3 KB）"]), json!([at("manual.pdf")])),
    ];
    for with_picture in [0, 1, 5] {
        expected[with_picture]["pictures"] = json!([160]);
    }
    expected[6]["films"] = json!([[true, true]]);
    let found = browser.value(SEEN);
    for (number, expected) in expected.iter().enumerate() {
        assert_eq!(found[number], *expected, "message {number}");
    }
    let preview = "document.querySelector('#user-list .last').textContent";
    assert_eq!(browser.value(preview), "文件：使用说明＜1＞.pdf（12.3 KB）");
}
