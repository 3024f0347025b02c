//! Files by address, on their way to the sandbox; the wire's proxy and token calls.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod wechat_bench;

use std::{
    io::Cursor,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use duoke::base::limits::MEDIA_UNDER_WAY_MAX;
use duoke::wechat::{
    BoxFuture, Call, Client, ClientConfig, Content, Courier, File, FitError, LivePictures, MediaType, Message, Picture,
    PictureError, PictureFormat, PictureSource, Profile, Receipt, Secret, SendError, TokenApi, Unwatched, UploadError,
    VideoFile, VoiceFile, errcode::Action,
};
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;
use wechat_bench::{Bench, capture};

/// A fixed noise, which no format packs well.
fn picture(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let noise = RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    });
    let mut bytes = Cursor::new(Vec::new());
    noise.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn amr(seconds: usize) -> Vec<u8> {
    [b"#!AMR\n".to_vec(), [vec![0x3c], vec![0; 31]].concat().repeat(50 * seconds)].concat()
}

fn mp4(bytes: usize) -> Vec<u8> {
    let mut file = b"\0\0\0\x18ftypmp42".to_vec();
    file.resize(bytes, 0);
    file
}

/// A server of files; their address up to the name.
async fn files() -> String {
    let file = |Path(name): Path<String>| async move {
        Ok(match &*name {
            "large.png" => picture(ImageFormat::Png, 900, 900),
            "a.webp" => picture(ImageFormat::WebP, 40, 30),
            "thumb.png" => picture(ImageFormat::Png, 300, 200),
            "a.amr" => amr(3),
            "long.amr" => amr(61),
            "a.wav" => b"RIFF....WAVEfmt ".to_vec(),
            "a.mp4" => mp4(1000),
            "large.mp4" => mp4(10 * 1024 * 1024 + 1),
            "huge.mp4" => mp4(33 * 1024 * 1024),
            "page" => b"<html>".to_vec(),
            _ => return Err(StatusCode::NOT_FOUND),
        })
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/{name}", get(file))).await });
    base
}

struct Chain {
    bench: Bench,
    courier: Courier,
    base: String,
}

impl Chain {
    async fn new() -> Self {
        let bench = Bench::start(Profile::y2017()).await;
        bench.speaks("oA");
        let courier = bench.courier();
        Self { bench, courier, base: files().await }
    }

    async fn send(&self, content: Content) -> Result<(Receipt, Value), SendError> {
        let planned = self.courier.plan(&content)?.remove(0);
        let receipt = self.courier.deliver("oA", None, &planned.message, &Unwatched).await?;
        Ok((receipt, self.bench.running.messages(None).pop().unwrap().body))
    }

    fn image(&self, name: &str) -> Content {
        Content::Image { pic_url: format!("{}/{name}", self.base) }
    }

    fn voice(&self, name: &str) -> Content {
        Content::VoiceFile(VoiceFile { file_url: format!("{}/{name}", self.base), duration_ms: 0 })
    }

    fn video(&self, name: &str, thumb: &str) -> Content {
        let (file_url, thumb_url) = (format!("{}/{name}", self.base), format!("{}/{thumb}", self.base));
        Content::VideoFile(VideoFile { file_url, thumb_url, title: "题".into(), description: "述".into() })
    }

    fn link(&self, words: &str, name: &str) -> String {
        format!("<a href=\"{}/{name}\">{words}</a>", self.base)
    }
}

#[tokio::test]
async fn pictures_are_converted_and_made_smaller_and_that_is_told() {
    let chain = Chain::new().await;
    let (receipt, body) = chain.send(chain.image("a.webp")).await.unwrap();
    assert_eq!(receipt.notes, ["the WebP picture became a JPEG"]);
    let (headers, bytes) = chain.bench.media(body["image"]["media_id"].as_str().unwrap()).await;
    assert!(headers.contains(".jpg") && PictureFormat::sniff(&bytes) == Some(PictureFormat::Jpeg), "{headers}");
    let (large, _) = chain.send(chain.image("large.png")).await.unwrap();
    assert!(large.notes[1].contains("WeChat takes 2097152 bytes"), "{:?}", large.notes);
    // Known from before, and told again.
    let (again, _) = chain.send(chain.image("large.png")).await.unwrap();
    assert_eq!((again.media_id, again.notes), (large.media_id, large.notes));
    assert_eq!(chain.bench.calls(Call::Upload).await, 2);
    let Err(SendError::Picture(error)) = chain.send(chain.image("page")).await else { panic!() };
    assert!(matches!(error, PictureError::Unfit { error: FitError::Format, .. }), "{error}");
}

/// How many messages have their files in memory, and how many had at most.
#[derive(Default)]
struct Held(AtomicUsize, AtomicUsize);

/// A server whose files are all different, or all one.
struct Files {
    held: Arc<Held>,
    one: Option<Vec<u8>>,
}

impl PictureSource for Files {
    fn fetch<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Picture, PictureError>> {
        let now = self.held.0.fetch_add(1, Ordering::Relaxed) + 1;
        self.held.1.fetch_max(now, Ordering::Relaxed);
        let bytes = self.one.clone().unwrap_or_else(|| format!("GIF89a{url}").into_bytes());
        Box::pin(std::future::ready(Ok(Picture { bytes, content_type: String::new() })))
    }
}

/// Sends a picture to each of 64 customers at the same time; the errors, and how many had their files in memory.
async fn send_to_all(bench: &Bench, one: Option<Vec<u8>>) -> (Vec<SendError>, usize) {
    let held = Arc::new(Held::default());
    let courier = Courier::new(bench.client(), Arc::new(Files { held: Arc::clone(&held), one }));
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..64 {
        let (courier, held, openid) = (courier.clone(), Arc::clone(&held), format!("o{lane}"));
        bench.speaks(&openid);
        let image = Message::Image(Url::parse(&format!("http://pictures.test/{lane}")).unwrap());
        lanes.spawn(async move {
            let sent = courier.deliver(&openid, None, &image, &Unwatched).await;
            held.0.fetch_sub(1, Ordering::Relaxed);
            sent
        });
    }
    let errors = lanes.join_all().await.into_iter().filter_map(Result::err).collect();
    (errors, held.1.load(Ordering::Relaxed))
}

#[tokio::test]
async fn few_messages_have_their_files_in_memory_at_once() {
    let bench = Bench::start(Profile::y2017()).await;
    let (errors, most) = send_to_all(&bench, None).await;
    assert_eq!((errors, most), (Vec::new(), MEDIA_UNDER_WAY_MAX));
    assert_eq!(bench.calls(Call::Upload).await, 64);
}

#[tokio::test]
async fn one_picture_for_many_customers_is_converted_and_uploaded_once() {
    let bench = Bench::start(Profile::y2017()).await;
    let (errors, _) = send_to_all(&bench, Some(picture(ImageFormat::WebP, 40, 30))).await;
    assert_eq!(errors, []);
    assert_eq!((bench.calls(Call::Upload).await, bench.calls(Call::Send).await), (1, 64));
    // Each hears why it cannot be sent; an upload that failed is tried by the next one.
    let (errors, _) = send_to_all(&bench, Some(b"<html>".to_vec())).await;
    assert_eq!(errors.len(), 64);
    bench.fault(json!({"path": Call::Upload.path(), "errcode": -1, "count": 2})).await;
    let (errors, _) = send_to_all(&bench, Some(picture(ImageFormat::WebP, 30, 30))).await;
    assert_eq!((errors.len(), bench.calls(Call::Upload).await), (2, 4));
}

#[tokio::test]
async fn a_picture_that_wechat_refuses_is_told_with_its_code() {
    let chain = Chain::new().await;
    chain.bench.fault(json!({"path": Call::Upload.path(), "errcode": 40137})).await;
    let error = chain.send(chain.image("a.webp")).await.unwrap_err();
    assert_eq!((error.errcode(), error.action()), (Some(40137), Some(Action::Media)), "{error}");
    assert!(!error.to_string().contains("link") && !error.answers_send(), "{error}");
}

#[tokio::test]
async fn pictures_from_files_are_made_to_fit_too() {
    let chain = Chain::new().await;
    let client = chain.bench.client();
    let thumb = client.media(MediaType::Thumb, picture(ImageFormat::Png, 900, 900)).await.unwrap();
    assert!(thumb.notes.iter().any(|note| note.contains("65536")), "{:?}", thumb.notes);
    let (headers, bytes) = chain.bench.media(&thumb.media_id).await;
    assert!(headers.contains(".jpg") && bytes.len() <= 65_536, "{headers}");
    let error = client.media(MediaType::Image, b"<html>".to_vec()).await.unwrap_err();
    assert!(matches!(error, UploadError::Picture(FitError::Format)), "{error}");
}

#[tokio::test]
async fn voices_go_up_or_as_links() {
    let chain = Chain::new().await;
    let (receipt, body) = chain.send(chain.voice("a.amr")).await.unwrap();
    assert_eq!(body["voice"]["media_id"].as_str(), receipt.media_id.as_deref());
    assert_eq!((body["msgtype"].as_str(), receipt.notes.len()), (Some("voice"), 0));
    let (headers, bytes) = chain.bench.media(receipt.media_id.as_ref().unwrap()).await;
    assert!(headers.contains(".amr") && bytes == amr(3), "{headers}");
    for (name, reason) in [("a.wav", "AMR or MP3"), ("long.amr", "plays 61000 ms")] {
        let (receipt, body) = chain.send(chain.voice(name)).await.unwrap();
        assert_eq!(body["text"]["content"], format!("语音：{}", chain.link("点击收听", name)));
        assert!(receipt.notes[0].starts_with("sent as a link: ") && receipt.notes[0].contains(reason), "{receipt:?}");
    }
    // WeChat looks closer.
    chain.bench.fault(json!({"path": Call::Upload.path(), "errcode": 45007})).await;
    let fresh = Chain { courier: chain.bench.courier(), ..chain };
    let (receipt, body) = fresh.send(fresh.voice("a.amr")).await.unwrap();
    assert!(body["msgtype"] == "text" && receipt.notes[0].contains("45007"), "{receipt:?}");
    let missing = fresh.send(fresh.voice("missing")).await.unwrap_err();
    assert!(matches!(missing, SendError::Picture(PictureError::Status { status: 404, .. })), "{missing}");
}

#[tokio::test]
async fn videos_go_up_with_their_small_pictures_or_as_links() {
    let chain = Chain::new().await;
    let (receipt, body) = chain.send(chain.video("a.mp4", "thumb.png")).await.unwrap();
    let video = &body["video"];
    assert_eq!((video["title"].as_str(), video["description"].as_str()), (Some("题"), Some("述")));
    assert_eq!(video["media_id"].as_str(), receipt.media_id.as_deref());
    let (_, small) = chain.bench.media(video["thumb_media_id"].as_str().unwrap()).await;
    assert!(PictureFormat::sniff(&small) == Some(PictureFormat::Jpeg) && small.len() <= 65_536);
    assert_eq!(receipt.notes[0], "the PNG picture became a JPEG");
    for thumb in ["missing", "page"] {
        let (receipt, body) = chain.send(chain.video("a.mp4", thumb)).await.unwrap();
        assert!(body["video"].get("thumb_media_id").is_none(), "{body}");
        assert!(receipt.notes[0].starts_with("the video message goes without its small picture: "), "{receipt:?}");
    }
    for name in ["large.mp4", "huge.mp4"] {
        let (receipt, body) = chain.send(chain.video(name, "thumb.png")).await.unwrap();
        assert_eq!(body["text"]["content"], format!("视频：{}", chain.link("题", name)));
        assert!(receipt.notes[0].starts_with("sent as a link: "), "{receipt:?}");
    }
}

#[tokio::test]
async fn a_file_goes_as_a_link() {
    let chain = Chain::new().await;
    let file = File { file_url: format!("{}/a.pdf", chain.base), file_name: "说明.pdf".into(), file_size: 2_621_440 };
    let (_, body) = chain.send(Content::File(file)).await.unwrap();
    assert_eq!(body["text"]["content"], format!("文件：{}（2.5 MB）", chain.link("说明.pdf", "a.pdf")));
}

/// A plugin's folder with one file.
struct Folder(Vec<u8>);

impl PictureSource for Folder {
    fn fetch<'a>(&'a self, _: &'a Url) -> BoxFuture<'a, Result<Picture, PictureError>> {
        Box::pin(std::future::ready(Ok(Picture { bytes: self.0.clone(), content_type: String::new() })))
    }
}

#[tokio::test]
async fn what_lies_in_a_plugin_s_folder_goes_up_or_not_at_all() {
    let chain = Chain::new().await;
    let voice = || VoiceFile { file_url: "http://a.plugin.invalid/a".into(), duration_ms: 0 };
    let sent = async |bytes: &[u8]| {
        let courier = Courier::new(chain.bench.client(), Arc::new(Folder(bytes.to_vec())));
        let planned = courier.plan(&Content::VoiceFile(voice())).unwrap().remove(0);
        courier.deliver("oA", None, &planned.message, &Unwatched).await
    };
    assert!(sent(&amr(1)).await.unwrap().media_id.is_some());
    let error = sent(b"RIFF....WAVE").await.unwrap_err();
    assert!(matches!(error, SendError::Picture(PictureError::NoLink { .. })), "{error}");
    assert!(error.to_string().contains("AMR or MP3"), "{error}");
}

#[tokio::test]
async fn the_token_call_is_a_choice() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    let mut config = bench.client_config();
    config.token_api = TokenApi::Token;
    let client = Client::new(config).unwrap();
    let (one, two) = tokio::join!(client.stable_token(), client.stable_token());
    assert_eq!(one.clone().unwrap(), two.unwrap());
    assert_eq!((bench.calls(Call::Token).await, bench.calls(Call::StableToken).await), (1, 0));
    bench.post("/_sandbox/expire-token", &json!({})).await;
    let courier = Courier::new(client.clone(), Arc::new(LivePictures::new(true).unwrap()));
    let planned = courier.plan(&Content::Text { text: "您好".into() }).unwrap().remove(0);
    courier.deliver("oA", None, &planned.message, &Unwatched).await.unwrap();
    assert_ne!(client.stable_token().await.unwrap(), one.unwrap());
    assert_eq!(bench.calls(Call::Token).await, 2);
    bench.fault(json!({"path": Call::Token.path(), "errcode": 40001})).await;
    let mut wrong = bench.client_config();
    wrong.token_api = TokenApi::Token;
    let error = Client::new(wrong).unwrap().stable_token().await.unwrap_err();
    assert!(error.to_string().contains("account's configuration"), "{error}");
}

#[tokio::test]
async fn a_proxy_is_asked_in_place_of_the_server() {
    const TOKEN: &str = r#"{"access_token":"T","expires_in":7200}"#;
    let (proxy, requests) = capture(&[TOKEN]).await;
    let mut config = ClientConfig::new(Url::parse("http://wechat.test/").unwrap(), "wx1", Secret::new("hush"));
    config.proxy = Some(Secret::new(proxy.replace("http://", "http://user:pa55word@")));
    let client = Client::new(config).unwrap();
    assert_eq!(client.stable_token().await.unwrap().expose(), "T");
    assert!(!format!("{client:?}").contains("pa55word"), "{client:?}");
    let request = String::from_utf8(requests.await.unwrap().remove(0)).unwrap();
    assert!(request.starts_with("POST http://wechat.test/cgi-bin/stable_token HTTP/1.1\r\n"), "{request}");
    // user:pa55word
    assert!(request.to_lowercase().contains("proxy-authorization: basic dxnlcjpwytu1d29yza=="), "{request}");
    // A server on this machine is asked itself.
    let bench = Bench::start(Profile::y2017()).await;
    let mut near = bench.client_config();
    near.proxy = Some(Secret::new("http://user:pa55word@127.0.0.1:1"));
    Client::new(near).unwrap().stable_token().await.unwrap();
}

/// A proxy that answers every request for a tunnel the same; its address, and what it was asked.
async fn tunnel(answer: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://user:pa55word@{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.unwrap() > 0 {}
            told.lock().unwrap().push(String::from_utf8(request).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, asked)
}

#[tokio::test]
async fn what_a_proxy_refuses_was_not_sent_and_holds_no_secret() {
    for answer in ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
        let (proxy, asked) = tunnel(answer).await;
        let mut config =
            ClientConfig::new(Url::parse("https://wechat.test/").unwrap(), "wx1", Secret::new("hush-hush"));
        config.proxy = Some(Secret::new(proxy));
        let error = Client::new(config.clone()).unwrap().stable_token().await.unwrap_err();
        let shown = format!("{error} {error:?} {} {config:?}", error.hint());
        assert!(!shown.contains("pa55word") && !shown.contains("hush-hush"), "{shown}");
        assert!(!error.may_have_been_sent());
        assert!(asked.lock().unwrap()[0].starts_with("CONNECT wechat.test:443 HTTP/1.1\r\n"));
    }
    let mut config = ClientConfig::new(Url::parse("https://wechat.test/").unwrap(), "wx1", Secret::new("hush-hush"));
    config.proxy = Some(Secret::new("http://user:pa55word@[nowhere"));
    let error = Client::new(config).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("pa55word"), "{error:?}");
}

#[tokio::test]
async fn no_error_and_no_debug_output_holds_a_token_or_a_secret() {
    let bench = Bench::start(Profile::y2017()).await;
    bench.speaks("oA");
    let secret = bench.running.ready().app_secret.clone();
    let mut shown = Vec::new();
    for token_api in [TokenApi::StableToken, TokenApi::Token] {
        let mut config = bench.client_config();
        config.token_api = token_api;
        let (call, client) = (token_api, Client::new(config.clone()).unwrap());
        let path = if call == TokenApi::Token { Call::Token.path() } else { Call::StableToken.path() };
        for fault in
            [json!({"status": 502}), json!({"errcode": 40164}), json!({"drop": "before"}), json!({"drop": "after"})]
        {
            let mut fault = fault;
            fault["path"] = json!(path);
            bench.fault(fault).await;
            let error = Client::new(config.clone()).unwrap().stable_token().await.unwrap_err();
            shown.push(format!("{error} {error:?} {}", error.hint()));
        }
        let token = client.stable_token().await.unwrap();
        for fault in [
            json!({"status": 500}),
            json!({"errcode": 45015}),
            json!({"drop": "before"}),
            json!({"errcode": 40001, "count": 2}),
        ] {
            let mut fault = fault;
            fault["path"] = json!(Call::Send.path());
            bench.fault(fault).await;
            let error = client.send(&json!({"touser": "oA"}), &Unwatched).await.unwrap_err();
            shown.push(format!("{error} {error:?} {}", error.hint()));
        }
        let courier = Courier::new(client.clone(), Arc::new(LivePictures::new(true).unwrap()));
        shown.push(format!("{client:?} {courier:?} {config:?} {token:?}"));
        for text in shown.drain(..) {
            for hidden in [token.expose(), client.stable_token().await.unwrap().expose(), &secret] {
                assert!(!text.contains(hidden), "{text}");
            }
        }
    }
    // A server that echoes what it was sent, or answers a token with a wrong status.
    let answers: &'static [&'static str] =
        &[r#"{"errcode":40013,"errmsg":"no such hush-hush"}"#, r#"{"access_token":"TOP-TOKEN","expires_in":0}"#];
    for answer in answers {
        let answer: &'static [&'static str] = Box::leak(Box::new([*answer]));
        let (base, _requests) = capture(answer).await;
        let config = ClientConfig::new(Url::parse(&base).unwrap(), "wx1", Secret::new("hush-hush"));
        let error = Client::new(config).unwrap().stable_token().await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hush-hush") && !shown.contains("TOP-TOKEN"), "{shown}");
    }
}
