//! The scripts that a document will run, found before it is opened
//! ([speculative HTML parsing](https://html.spec.whatwg.org/#speculative-html-parsing)): nothing runs, so what scripts
//! write or insert is not among them.

use super::scripting::{self, Wanted};
use super::window::Window;
use crate::dom::parse::{DocumentParser, Position};
use crate::net::decode_script;

/// A script written in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its text.
    pub text: String,
    /// The address of its file.
    pub url: String,
    /// Line of its first character in that file, from 1.
    pub line: u32,
    /// Column of its first character, from 1.
    pub column: u32,
}

/// Reads a document of `window` to its end. Scripts with an address are fetched; those that cannot be had are left out.
#[must_use]
pub fn scripts(parser: &DocumentParser, window: &Window) -> Vec<Script> {
    let mut found = Vec::new();
    while let Some(parsed) = parser.read(0) {
        match scripting::wanted(&parsed.element, window) {
            Wanted::Inline(text) => {
                let Position { line, column } = parsed.position.unwrap_or(Position { line: 1, column: 1 });
                found.push(Script { text, url: window.url.borrow().to_string(), line, column });
            }
            Wanted::Address(Some(url)) => {
                let request = scripting::request(&parsed.element, &url, window);
                let answer = window.world.fetch(request, &window.event_loop);
                if let Ok(response) = scripting::checked(&parsed.element, answer) {
                    let charset = parsed.element.as_element().and_then(|element| element.attr("charset"));
                    let encoding = scripting::encoding_of(window.encoding);
                    let content_type = response.header("content-type");
                    let text = decode_script(&response.body, content_type, charset.as_deref(), encoding).to_string();
                    found.push(Script { text, url: url.to_string(), line: 1, column: 1 });
                }
            }
            // Modules are read when they run.
            Wanted::Nothing | Wanted::Address(None) | Wanted::Module(_) | Wanted::ImportMap(_) => {}
        }
    }
    found
}
