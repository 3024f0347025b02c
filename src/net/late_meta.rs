//! A document's word for its encoding behind the bytes that are looked at first: browsers come upon it while they parse, and
//! begin again ([change the encoding](https://html.spec.whatwg.org/#change-the-encoding)). Here it is looked for before.

use std::cell::Cell;

use encoding_rs::Encoding;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use super::original_scripts::raw_text;
use super::prescan::{as_meta, charset_in_content};
use crate::base::limits::{CHARSET_LATE_BYTES, CHARSET_PRESCAN_BYTES};

/// The encoding that the first `<meta>` names which says one.
pub(super) fn late_meta(bytes: &[u8]) -> Option<&'static Encoding> {
    let bytes = &bytes[..bytes.len().min(CHARSET_LATE_BYTES)];
    let word = b"charset";
    let has_word = bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    if bytes.len() <= CHARSET_PRESCAN_BYTES || !has_word {
        return None;
    }
    // All encodings that a `<meta>` can mean have ASCII's markup.
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let queue = BufferQueue::default();
    queue.push_back(text.as_str().into());
    let tokenizer = Tokenizer::new(Metas(Cell::new(None)), TokenizerOpts::default());
    let _ = tokenizer.feed(&queue);
    tokenizer.sink.0.get()
}

struct Metas(Cell<Option<&'static Encoding>>);

impl TokenSink for Metas {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag && self.0.get().is_none() => {
                if &*tag.name == "meta" {
                    self.0.set(named(&tag));
                }
                match &*tag.name {
                    "plaintext" => TokenSinkResult::Plaintext,
                    name => raw_text(name).map_or(TokenSinkResult::Continue, TokenSinkResult::RawData),
                }
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

/// The encoding of a `<meta>` ([in head](https://html.spec.whatwg.org/#parsing-main-inhead)).
fn named(tag: &Tag) -> Option<&'static Encoding> {
    let attribute = |name: &str| tag.attrs.iter().find(|it| &*it.name.local == name).map(|it| &*it.value);
    let charset = attribute("charset").and_then(|label| Encoding::for_label(label.as_bytes()));
    let pragma = || {
        attribute("http-equiv").filter(|name| name.eq_ignore_ascii_case("content-type"))?;
        charset_in_content(&attribute("content")?.to_ascii_lowercase())
    };
    charset.or_else(pragma).map(as_meta)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_markup() {
        let gbk = "<meta charset=gbk>";
        let table = [
            (gbk.to_owned(), Some("GBK")),
            (format!("<script>document.write('<meta charset=big5>')</script>{gbk}"), Some("GBK")),
            (format!("<!-- <meta charset=big5> --><title><meta charset=big5></title>{gbk}"), Some("GBK")),
            ("<meta http-equiv=Content-Type content='text/html; CHARSET=Big5'>".to_owned() + gbk, Some("Big5")),
            ("<meta content='text/html; charset=big5'><meta charset=none>".to_owned(), None),
            ("<body><p title='<meta charset=gbk>'>charset".to_owned(), None),
            ("<meta charset=utf-16>".to_owned(), Some("UTF-8")),
        ];
        for (markup, expected) in table {
            let far = format!("<!DOCTYPE html><style>{}</style>{markup}", " ".repeat(CHARSET_PRESCAN_BYTES));
            assert_eq!(late_meta(far.as_bytes()).map(Encoding::name), expected, "{markup}");
        }
        assert!(late_meta(&vec![b' '; 2 * CHARSET_LATE_BYTES]).is_none());
        let too_far = " ".repeat(CHARSET_LATE_BYTES) + gbk;
        assert!(late_meta(too_far.as_bytes()).is_none());
    }
}
