//! Style sheets of `<link>` ([HTML §4.6.7.19](https://html.spec.whatwg.org/#link-type-stylesheet)): fetched, with what they
//! import, and told of with `load` or `error`.
//!
//! The parser's are there before the next script runs, as browsers have it for scripts that could ask for styles; those
//! that script inserts come when they come, and the window's `load` waits for them. One that cannot be had is a warning
//! of the console and no fault: a page works without its looks.

use boa_engine::{Context, JsResult};
use url::Url;

use super::scripting::{encoding_of, warn};
use super::target::fire;
use super::window::Window;
use super::wrap::wrap;
use crate::base::limits::{SHEET_IMPORTS_MAX, SHEETS_MAX};
use crate::dom::css_rules::{RuleKind, rules};
use crate::dom::{NodeRef, sheets, tree};
use crate::net::{Destination, NetError, Request, Response, decode_script};

/// Fetches the sheets of links that the parser has passed since the last call; their events come in tasks.
pub fn load_parsed(context: &mut Context) {
    let window = Window::of(context);
    let is_new = |node: &NodeRef| sheets::is_sheet_link(node) && sheets::asked_address(node).is_none();
    let new: Vec<NodeRef> = tree::descendants(&window.document).filter(is_new).take(SHEETS_MAX).collect();
    for link in new {
        let Some(url) = ask(&link, &window) else { continue };
        let answer = window.world.fetch(request(&url, &window));
        let came = take(&link, &url, answer, &window, context);
        tell_later(link, came, &window);
    }
}

/// A link was inserted by script, or its `href`, `rel` or `disabled` was set: its sheet is asked for, once for each
/// address.
pub fn changed(link: &NodeRef, context: &mut Context) {
    sheets::forget(link);
    let window = Window::of(context);
    let is_ours = link.is_connected() && sheets::is_sheet_link(link);
    let known = sheets::asked_address(link);
    let wanted = address(link, &window).map(|url| url.to_string());
    if !is_ours || wanted.is_none() || known == wanted {
        return;
    }
    let Some(url) = ask(link, &window) else { return };
    window.scripts.delay(1);
    let (link, of) = (link.clone(), url.clone());
    let on_answer = Box::new(move |answer, context: &mut Context| {
        let window = Window::of(context);
        window.scripts.delay(-1);
        if sheets::asked_address(&link).is_none_or(|asked| asked != of.as_str()) {
            return Ok(());
        }
        let came = take(&link, &of, answer, &window, context);
        tell(&link, came, context)
    });
    window.world.start(request(&url, &window), on_answer, &window.event_loop);
}

fn address(link: &NodeRef, window: &Window) -> Option<Url> {
    let href = link.as_element().and_then(|element| element.attr("href"))?;
    let href = href.trim();
    if href.is_empty() { None } else { window.resolve(href) }
}

fn ask(link: &NodeRef, window: &Window) -> Option<Url> {
    let url = address(link, window);
    sheets::ask(link, url.as_ref().map_or("", Url::as_str));
    url
}

fn request(url: &Url, window: &Window) -> Request {
    Request::get(url.clone(), Destination::Style, window.event_loop.clock().now())
}

/// The imports of one sheet, through others as well.
struct Imports {
    /// How many more there may be.
    left: usize,
    /// Whether all have come so far.
    came: bool,
}

/// Takes an answer; whether it is a sheet and all that it imports has come ("critical subresources").
fn take(link: &NodeRef, url: &Url, answer: Result<Response, NetError>, window: &Window, context: &mut Context) -> bool {
    match answer.and_then(Response::loaded) {
        Ok(response) => {
            let mut imports = Imports { left: SHEET_IMPORTS_MAX, came: true };
            let text = with_imports(&response, window, &mut imports, context);
            sheets::set_source(link, &text);
            imports.came
        }
        Err(error) => {
            complain(url, &error, context);
            false
        }
    }
}

fn complain(url: &Url, error: &NetError, context: &Context) {
    let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    warn(&format!("the style sheet {url} could not be had: {error}{hint}"), context);
}

/// A sheet's text, with the sheets that it imports in front of it.
fn with_imports(response: &Response, window: &Window, imports: &mut Imports, context: &mut Context) -> String {
    let content_type = response.header("content-type");
    let text = decode_script(&response.body, content_type, None, encoding_of(window.encoding));
    let mut before = String::new();
    for rule in rules(&text) {
        if !matches!(&rule.kind, RuleKind::Other(name) if name == "import") {
            continue;
        }
        let Some((address, media)) = text.get(rule.span).and_then(imported) else { continue };
        let Ok(url) = response.url.join(&address) else { continue };
        if imports.left == 0 {
            warn(&format!("the style sheet {url} is one import too many"), context);
            break;
        }
        imports.left -= 1;
        match window.world.fetch(request(&url, window)).and_then(Response::loaded) {
            Ok(response) => {
                let inner = with_imports(&response, window, imports, context);
                let media = if media.is_empty() { "all" } else { &media };
                before.push_str(&format!("@media {media} {{\n{inner}\n}}\n"));
            }
            Err(error) => {
                imports.came = false;
                complain(&url, &error, context);
            }
        }
    }
    before + &text
}

/// The address and the media of an `@import`.
fn imported(rule: &str) -> Option<(String, String)> {
    let rest = rule.trim().get("@import".len()..)?.trim().trim_end_matches(';').trim();
    let (address, media) = match rest.strip_prefix("url(") {
        Some(inner) => inner.split_once(')')?,
        None => {
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            rest[1..].split_once(quote)?
        }
    };
    Some((address.trim().trim_matches(['"', '\'']).to_owned(), media.trim().to_owned()))
}

/// The event of a sheet that the parser waited for.
fn tell_later(link: NodeRef, came: bool, window: &Window) {
    window.scripts.delay(1);
    window.event_loop.queue(Box::new(move |context| {
        Window::of(context).scripts.delay(-1);
        tell(&link, came, context)
    }));
}

fn tell(link: &NodeRef, came: bool, context: &mut Context) -> JsResult<()> {
    let target = wrap(link, context);
    fire(&target, if came { "load" } else { "error" }, false, false, context).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports() {
        for (rule, expected) in [
            ("@import 'a.css';", Some(("a.css", ""))),
            ("@import url(a.css) screen;", Some(("a.css", "screen"))),
            ("@import url( \"b/c.css\" );", Some(("b/c.css", ""))),
            ("@import a.css;", None),
        ] {
            let expected = expected.map(|(address, media)| (address.to_owned(), media.to_owned()));
            assert_eq!(imported(rule), expected, "{rule}");
        }
    }
}
