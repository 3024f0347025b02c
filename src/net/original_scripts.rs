//! The scripts and style sheets written in a page's original HTML, which may be fetched though nobody named their origin.
//!
//! An import map names scripts as well, where it has whole addresses.
//!
//! Old pages load jQuery from a CDN; the operator who gave the page gave its scripts and its looks as well. The page process is not
//! trusted to say which those are, so the host reads them out of the document as it hands it over, and remembers the
//! exact addresses until the next document. What a script inserts or writes later is not among them: its address could
//! carry away what the page has learnt.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use encoding_rs::Encoding;
use html5ever::tokenizer::states::{RawKind, RawKind::Rawtext, RawKind::Rcdata, RawKind::ScriptData};
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use url::Url;

use super::{Destination, ImportMap, Request, Response, decode_html};
use crate::base::clock::Stopwatch;
use crate::base::limits::{
    ORIGINAL_SCRIPT_FETCHES_MAX, ORIGINAL_SCRIPTS_MAX, ORIGINAL_SCRIPTS_STEP_BYTES, ORIGINAL_SCRIPTS_TIME,
};

/// The addresses of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OriginalScripts {
    /// Each with how often it was fetched.
    addresses: BTreeMap<String, usize>,
}

/// Whether a request is for a script of the original HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Original {
    /// It is not.
    No,
    /// It is.
    Yes,
    /// It is, and was fetched [`ORIGINAL_SCRIPT_FETCHES_MAX`] times: each time tells a third party something.
    TooOften,
}

/// The addresses of the scripts and style sheets that an original document names.
#[must_use]
pub fn original_scripts(response: &Response) -> Vec<Url> {
    let addresses = OriginalScripts::of(response).addresses;
    addresses.keys().filter_map(|address| Url::parse(address).ok()).collect()
}

impl OriginalScripts {
    /// Those of a document: an answer with a success status that says it is HTML, or says nothing.
    pub(super) fn of(response: &Response) -> Self {
        let content_type = response.header("content-type");
        if !(200..300).contains(&response.status) || !content_type.is_none_or(is_html) {
            return Self::default();
        }
        let (text, encoding) = decode_html(&response.body, content_type);
        let is_xml = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("xml"));
        let addresses = scan(&text, is_xml, &response.url, encoding, ORIGINAL_SCRIPTS_TIME);
        Self { addresses: addresses.into_iter().map(|address| (address, 0)).collect() }
    }

    /// Whether a request asks for one of them, as the parser would.
    pub(super) fn ask(&self, request: &Request) -> Original {
        let is_parser_s = matches!(request.destination, Destination::Script | Destination::Style);
        match self.addresses.get(&key(&request.url)).filter(|_| is_parser_s && request.method == "GET") {
            None => Original::No,
            Some(fetched) if *fetched < ORIGINAL_SCRIPT_FETCHES_MAX => Original::Yes,
            Some(_) => Original::TooOften,
        }
    }

    /// The same, of a request that is now made.
    pub(super) fn take(&mut self, request: &Request) -> Original {
        let asked = self.ask(request);
        if asked == Original::Yes
            && let Some(fetched) = self.addresses.get_mut(&key(&request.url))
        {
            *fetched += 1;
        }
        asked
    }
}

fn is_html(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"].iter().any(|html| essence.eq_ignore_ascii_case(html))
}

/// An address without its fragment, which is never sent.
fn key(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.into()
}

/// The addresses in the markup of a document at `url`: the first [`ORIGINAL_SCRIPTS_MAX`], as far as the time suffices. A
/// page may have made its document up, and must not hold up the host.
fn scan(text: &str, is_xml: bool, url: &Url, encoding: &'static Encoding, time: Duration) -> BTreeSet<String> {
    let started = Stopwatch::start();
    let (base, addresses, map) = (RefCell::default(), RefCell::default(), RefCell::default());
    let sink = Scan { url, is_xml, encoding, base, addresses, map };
    let queue = BufferQueue::default();
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let mut rest = text;
    while !rest.is_empty() {
        let (step, behind) = rest.split_at(rest.floor_char_boundary(ORIGINAL_SCRIPTS_STEP_BYTES));
        queue.push_back(step.into());
        let _ = tokenizer.feed(&queue);
        rest = behind;
        if started.elapsed() >= time {
            break;
        }
    }
    tokenizer.sink.addresses.into_inner()
}

struct Scan<'a> {
    url: &'a Url,
    /// Whether an element may end with its start tag.
    is_xml: bool,
    encoding: &'static Encoding,
    base: RefCell<Option<Url>>,
    addresses: RefCell<BTreeSet<String>>,
    /// The text of the import map that is being read.
    map: RefCell<Option<String>>,
}

impl Scan<'_> {
    fn start_tag(&self, tag: &Tag) {
        *self.map.borrow_mut() = is_import_map(tag).then(String::new);
        match &*tag.name {
            "base" => self.set_base(tag),
            "script" => self.add(attribute(tag, "src")),
            "link" if is_style_sheet(attribute(tag, "rel")) => self.add(attribute(tag, "href")),
            _ => {}
        }
    }

    /// The first `<base href>` counts (HTML §4.2.3).
    fn set_base(&self, tag: &Tag) {
        let mut base = self.base.borrow_mut();
        if let (None, Some(href)) = (&*base, attribute(tag, "href")) {
            let joined = self.url.join(href.trim()).unwrap_or_else(|_| self.url.clone());
            *base = Some(joined);
        }
    }

    /// The addresses that an import map names as a whole, once it has been read.
    fn add_map(&self) {
        let Some(text) = self.map.take() else { return };
        let base = self.base.borrow().clone().unwrap_or_else(|| self.url.clone());
        let Ok((map, _)) = ImportMap::parse(&text, &base) else { return };
        map.addresses().for_each(|url| self.add(Some(url.as_str())));
    }

    /// An address as the page resolves it: its query is in the document's encoding
    /// ([encoding-parse](https://html.spec.whatwg.org/#encoding-parsing-a-url)).
    fn add(&self, address: Option<&str>) {
        let mut addresses = self.addresses.borrow_mut();
        let Some(address) = address.filter(|_| addresses.len() < ORIGINAL_SCRIPTS_MAX) else { return };
        let (base, encode) = (self.base.borrow(), encoder(self.encoding));
        let options = Url::options().base_url(Some(base.as_ref().unwrap_or(self.url)));
        if let Ok(url) = options.encoding_override(Some(&encode)).parse(address.trim()) {
            addresses.insert(key(&url));
        }
    }
}

fn is_import_map(tag: &Tag) -> bool {
    let is_one = |kind: &str| kind.trim().eq_ignore_ascii_case("importmap");
    &*tag.name == "script" && attribute(tag, "src").is_none() && attribute(tag, "type").is_some_and(is_one)
}

fn is_style_sheet(rel: Option<&str>) -> bool {
    rel.is_some_and(|rel| rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("stylesheet")))
}

fn encoder(encoding: &'static Encoding) -> impl for<'a> Fn(&'a str) -> Cow<'a, [u8]> {
    move |text| encoding.output_encoding().encode(text).0
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

/// How the text of an element is read, where it is no markup (HTML §13.2.6.4; scripts run here, so `noscript` is text).
pub(super) fn raw_text(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(ScriptData),
        "title" | "textarea" => Some(Rcdata),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript" => Some(Rawtext),
        _ => None,
    }
}

impl TokenSink for Scan<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let tag = match token {
            Token::TagToken(tag) => tag,
            Token::CharacterTokens(text) => {
                if let Some(map) = &mut *self.map.borrow_mut() {
                    map.push_str(&text);
                }
                return TokenSinkResult::Continue;
            }
            _ => return TokenSinkResult::Continue,
        };
        self.add_map();
        if tag.kind == TagKind::EndTag {
            return TokenSinkResult::Continue;
        }
        self.start_tag(&tag);
        match &*tag.name {
            _ if self.is_xml && tag.self_closing => TokenSinkResult::Continue,
            "plaintext" => TokenSinkResult::Plaintext,
            name => raw_text(name).map_or(TokenSinkResult::Continue, TokenSinkResult::RawData),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Markup of the document `http://a.test/p/index.html`, and the addresses in it.
    const TABLE: &[(&str, &[&str])] = &[
        ("<script src=http://cdn.test/j.js></script>", &["http://cdn.test/j.js"]),
        ("<SCRIPT SRC='//cdn.test/j.js?a=1&amp;b=2#x'></SCRIPT>", &["http://cdn.test/j.js?a=1&b=2"]),
        ("<script src=' lib/j.js '></script>", &["http://a.test/p/lib/j.js"]),
        ("<script></script><script src></script>", &["http://a.test/p/index.html"]),
        (
            "<script src=1.js></script><base href=//b.test/><base href=//c.test/><script src=2.js></script>",
            &["http://a.test/p/1.js", "http://b.test/2.js"],
        ),
        ("<!-- <script src=1.js></script> --><title><script src=2.js></script></title>", &[]),
        ("<noscript><script src=1.js></script></noscript><style><script src=2.js></script></style>", &[]),
        ("<textarea><script src=1.js></textarea><p title='<script src=2.js>'>", &[]),
        ("<script>document.write('<script src=1.js><\\/script>')</script>", &[]),
        ("<script src='http://['></script><plaintext><script src=1.js></script>", &[]),
        ("<svg><script src=1.js></script></svg>", &["http://a.test/p/1.js"]),
        ("<script type=module src=//cdn.test/m.js></script>", &["http://cdn.test/m.js"]),
        (
            "<script type=importmap>{\"imports\": {\"vue\": \"//cdn.test/vue.js\", \"x/\": \"//cdn.test/x/\"}}</script>",
            &["http://cdn.test/vue.js"],
        ),
        ("<script type=importmap>{\"imports\": {\"vue\": \"http://cdn.test/vue.js\"}", &[]),
        ("<link rel='Stylesheet' href=1.css><link rel=icon href=2.ico><link href=3.css>", &["http://a.test/p/1.css"]),
    ];

    fn response(content_type: &str, body: &[u8]) -> Response {
        Response::made(Url::parse("http://a.test/p/index.html").unwrap(), 200, content_type, body.to_vec())
    }

    fn addresses(response: &Response) -> Vec<String> {
        OriginalScripts::of(response).addresses.into_keys().collect()
    }

    #[test]
    fn what_the_markup_names() {
        for (markup, expected) in TABLE {
            assert_eq!(addresses(&response("text/html", markup.as_bytes())), *expected, "{markup}");
        }
    }

    #[test]
    fn only_html_with_a_success_status_is_read() {
        let markup = b"<script src=1.js></script>";
        let table = [
            ("text/html; charset=utf-8", 1),
            ("Application/XHTML+xml", 1),
            ("application/json", 0),
            ("text/plain", 0),
            ("text/html-fragment", 0),
        ];
        for (content_type, expected) in table {
            assert_eq!(addresses(&response(content_type, markup)).len(), expected, "{content_type}");
        }
        let nothing_said = Response { headers: Vec::new(), ..response("", markup) };
        assert_eq!(addresses(&nothing_said).len(), 1);
        assert!(addresses(&Response { status: 404, ..response("text/html", markup) }).is_empty());
    }

    #[test]
    fn a_query_is_in_the_document_s_encoding() {
        let (markup, ..) = encoding_rs::GBK.encode("<script src='j.js?q=您'></script>");
        let found = addresses(&response("text/html; charset=gbk", &markup));
        assert_eq!(found, ["http://a.test/p/j.js?q=%C4%FA"]);
    }

    #[test]
    fn only_as_the_parser_asks() {
        let scripts = OriginalScripts::of(&response("text/html", b"<script src=//cdn.test/j.js></script>"));
        let get = |url: &str, destination| Request::get(Url::parse(url).unwrap(), destination, 0);
        let script = get("http://cdn.test/j.js", Destination::Script);
        assert_eq!(scripts.ask(&get("http://cdn.test/j.js#again", Destination::Script)), Original::Yes);
        for other in [
            get("http://cdn.test/j.js?learnt=1", Destination::Script),
            get("http://cdn.test/j.js", Destination::Xhr),
            get("http://cdn.test/j.js", Destination::Document),
            Request { method: "POST".into(), ..script },
        ] {
            assert_eq!(scripts.ask(&other), Original::No, "{other:?}");
        }
    }

    #[test]
    fn each_is_fetched_so_often_and_counts_for_itself() {
        let markup = b"<script src=//cdn.test/1.js></script><script src=//cdn.test/2.js></script>";
        let mut scripts = OriginalScripts::of(&response("text/html", markup));
        let get = |url: &str| Request::get(Url::parse(url).unwrap(), Destination::Script, 0);
        for _ in 0..ORIGINAL_SCRIPT_FETCHES_MAX {
            assert_eq!(scripts.take(&get("http://cdn.test/1.js")), Original::Yes);
        }
        assert_eq!(scripts.take(&get("http://cdn.test/1.js#x")), Original::TooOften);
        assert_eq!(scripts.take(&get("http://cdn.test/2.js")), Original::Yes);
        assert_eq!(scripts.take(&get("http://cdn.test/3.js")), Original::No);
    }

    #[test]
    fn the_search_ends_in_time_and_loses_nothing_between_its_steps() {
        let (url, far) = (Url::parse("http://a.test/").unwrap(), "您".repeat(ORIGINAL_SCRIPTS_STEP_BYTES));
        let markup = format!("<script src=1.js></script><p title='{far}'><script src=2.js></script>");
        let found = |time| scan(&markup, false, &url, encoding_rs::UTF_8, time).into_iter().collect::<Vec<_>>();
        assert_eq!(found(Duration::ZERO), ["http://a.test/1.js"]);
        assert_eq!(found(Duration::MAX), ["http://a.test/1.js", "http://a.test/2.js"]);
    }

    #[test]
    fn no_more_than_the_bound() {
        let markup: String = (0..=ORIGINAL_SCRIPTS_MAX).map(|n| format!("<script src={n}.js></script>")).collect();
        assert_eq!(addresses(&response("text/html", markup.as_bytes())).len(), ORIGINAL_SCRIPTS_MAX);
    }
}
