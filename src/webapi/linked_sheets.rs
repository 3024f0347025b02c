//! Style sheets of `<link>` ([HTML §4.6.7.19](https://html.spec.whatwg.org/#link-type-stylesheet)), and what they and
//! those of `<style>` import ([CSS Cascade §2](https://drafts.csswg.org/css-cascade/#at-import)): fetched, and told of with
//! `load` or `error`.
//!
//! The parser's are there before the next script runs, as browsers have it for scripts that could ask for styles; those
//! that script inserts come when they come, and the window's `load` waits for them. One that cannot be had is a warning
//! of the console and no fault: a page works without its looks.
//!
//! *Choice*: a `<style>` has events where it imports something; browsers have them of every one.

use boa_engine::{Context, JsResult};
use encoding_rs::Encoding;
use url::Url;

use super::fetching;
use super::scripting::{encoding_of, warn};
use super::target::fire;
use super::window::Window;
use super::wrap::wrap;
use crate::base::limits::{SHEET_IMPORTS_MAX, SHEETS_MAX};
use crate::dom::css_rules::{self, RuleKind};
use crate::dom::css_statements::{self, Import};
use crate::dom::css_supports::condition;
use crate::dom::sheets::{self, Imported};
use crate::dom::{NodeRef, form, text, tree};
use crate::net::{Destination, NetError, Request, Response, decode_script, has_integrity};

/// Fetches the sheets of links that the parser has passed since the last call, and what styles import; their events come
/// in tasks.
pub fn load_parsed(context: &mut Context) {
    let window = Window::of(context);
    let has_some = |node: &NodeRef| {
        sheets::is_sheet_link(node) || sheets::is_sheet_style(node) && imports_as_written(node).is_some()
    };
    let is_new = |node: &NodeRef| has_some(node) && sheets::asked(node).is_none();
    let new: Vec<NodeRef> = tree::descendants(&window.document).filter(is_new).take(SHEETS_MAX).collect();
    for owner in new {
        let came = if owner.is_html("style") {
            let Some(came) = take_style(&owner, &window, context) else { continue };
            came
        } else {
            let Some(url) = ask(&owner, &window) else { continue };
            let answer = window.world.fetch(request(Some(&owner), &url, &window), &window.event_loop);
            take(&owner, &url, answer, &window, context)
        };
        tell_later(owner, came, &window);
    }
}

/// A link was inserted by script, or one of its attributes was set: its sheet is asked for, once for each address; that
/// of a link that is disabled is not, and is there no more.
pub fn changed(link: &NodeRef, context: &mut Context) {
    let window = Window::of(context);
    let Some(wanted) = address(link, &window) else {
        if sheets::asked(link).is_some() {
            sheets::drop_fetched(link);
        }
        return;
    };
    if !link.is_connected() || sheets::asked(link).is_some_and(|known| known == wanted.as_str()) {
        return;
    }
    let Some(url) = ask(link, &window) else { return };
    window.scripts.delay(1);
    let request = request(Some(link), &url, &window);
    let (link, of) = (link.clone(), url);
    let on_answer = Box::new(move |answer, context: &mut Context| {
        let window = Window::of(context);
        window.scripts.delay(-1);
        if sheets::asked(&link).is_none_or(|asked| asked != of.as_str()) {
            return Ok(());
        }
        let came = take(&link, &of, answer, &window, context);
        tell(&link, came, context)
    });
    window.world.start(request, on_answer, &window.event_loop);
}

/// A `<style>` was inserted by script, or its text was set: what it imports comes in a task.
pub fn style_changed(style: &NodeRef, context: &mut Context) {
    if !style.is_connected() || !sheets::is_sheet_style(style) || imports_as_written(style) == sheets::asked(style) {
        return;
    }
    let window = Window::of(context);
    window.scripts.delay(1);
    let style = style.clone();
    window.event_loop.queue(Box::new(move |context| {
        let window = Window::of(context);
        window.scripts.delay(-1);
        let is_new = imports_as_written(&style) != sheets::asked(&style);
        match take_style(&style, &window, context).filter(|_| is_new) {
            Some(came) => tell(&style, came, context),
            None => Ok(()),
        }
    }));
}

/// The address of a link's sheet; none of one that has no sheet, or is to have none now.
fn address(link: &NodeRef, window: &Window) -> Option<Url> {
    let href = link.as_element().and_then(|element| element.attr("href"))?;
    let href = href.trim();
    let is_wanted = sheets::is_sheet_link(link) && !form::has_flag(link, "disabled") && !href.is_empty();
    if is_wanted { window.resolve(href) } else { None }
}

fn ask(link: &NodeRef, window: &Window) -> Option<Url> {
    let url = address(link, window)?;
    sheets::ask(link, url.as_str());
    Some(url)
}

fn request(owner: Option<&NodeRef>, url: &Url, window: &Window) -> Request {
    fetching::request(url, Destination::Style, owner, window)
}

/// The imports of one sheet, through others as well.
struct Imports<'a> {
    window: &'a Window,
    /// What has come, in the order of the cascade.
    found: Vec<Imported>,
    /// How many more there may be.
    left: usize,
    /// Whether all have come so far.
    came: bool,
    /// The sheets that led to the one at hand: one that imports one of these is in a circle.
    above: Vec<Url>,
    /// The media of the imports that led to it.
    media: Vec<String>,
}

impl<'a> Imports<'a> {
    fn new(window: &'a Window) -> Self {
        Self { window, found: Vec::new(), left: SHEET_IMPORTS_MAX, came: true, above: Vec::new(), media: Vec::new() }
    }

    /// Fetches what a sheet imports, depth first.
    fn fetch(&mut self, text: &str, base: &Url, encoding: &'static Encoding, context: &mut Context) {
        for (address, media) in imports(text) {
            let Ok(url) = base.join(&address) else { continue };
            if self.above.contains(&url) {
                continue;
            }
            if self.left == 0 {
                warn(&format!("the style sheet {url} is one import too many"), context);
                return;
            }
            self.left -= 1;
            let answer = self.window.world.fetch(request(None, &url, self.window), &self.window.event_loop);
            let Some(response) = sheet_in(answer, &url, self.window, context) else {
                self.came = false;
                continue;
            };
            let (text, encoding) = decoded(&response, encoding);
            self.above.push(url);
            self.media.push(media);
            self.fetch(&text, &response.url, encoding, context);
            self.found.push(Imported { media: self.media.clone(), text });
            self.media.pop();
            self.above.pop();
        }
    }
}

/// Takes an answer; whether it is a sheet and all that it imports has come ("critical subresources").
fn take(link: &NodeRef, url: &Url, answer: Result<Response, NetError>, window: &Window, context: &mut Context) -> bool {
    let Some(response) = sheet_in(answer, url, window, context) else { return false };
    let integrity = link.as_element().and_then(|element| element.attr("integrity"));
    if integrity.is_some_and(|integrity| !has_integrity(&response.body, &integrity)) {
        warn(&format!("the style sheet {url} is not taken: it is not what the link's integrity says"), context);
        return false;
    }
    let (text, encoding) = decoded(&response, encoding_of(window.encoding));
    let mut imports = Imports::new(window);
    imports.above.push(url.clone());
    imports.fetch(&text, &response.url, encoding, context);
    sheets::set_source(link, &text);
    sheets::set_imported(link, imports.found);
    imports.came
}

/// Fetches what a style imports, if that is something else than before; whether all has come.
fn take_style(style: &NodeRef, window: &Window, context: &mut Context) -> Option<bool> {
    let written = imports_as_written(style);
    let Some(asked) = &written else {
        if sheets::asked(style).is_some_and(|asked| !asked.is_empty()) {
            sheets::drop_fetched(style);
        }
        return None;
    };
    sheets::ask(style, asked);
    let mut imports = Imports::new(window);
    let base = window.resolve("")?;
    imports.fetch(&text::child_text(style), &base, encoding_of(window.encoding), context);
    sheets::set_imported(style, imports.found);
    Some(imports.came)
}

fn imports_as_written(style: &NodeRef) -> Option<String> {
    let found = imports(&text::child_text(style));
    let written: Vec<String> = found.into_iter().map(|(address, media)| format!("{address} {media}")).collect();
    if written.is_empty() { None } else { Some(written.join("\n")) }
}

/// The answer, if it is a style sheet; else a warning says what is wrong with it. Where a server calls it something else,
/// only old pages take it for one, and only of their own server (HTML §4.6.7.19, "process this type of linked resource").
fn sheet_in(answer: Result<Response, NetError>, url: &Url, window: &Window, context: &mut Context) -> Option<Response> {
    match answer.and_then(Response::loaded) {
        Ok(response) => {
            let kind = response.header("content-type").unwrap_or_default();
            let is_own = || window.origin_url().origin() == response.url.origin();
            if sheets::is_css(kind) || window.document.is_quirky() && !response.is_nosniff() && is_own() {
                return Some(response);
            }
            warn(
                &format!("the style sheet {url} is not taken: its server says that it is {kind}, not text/css"),
                context,
            );
            None
        }
        Err(error) => {
            let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            warn(&format!("the style sheet {url} could not be had: {error}{hint}"), context);
            None
        }
    }
}

/// A sheet's text, and the encoding for what it imports (CSS Syntax §3.2): that of its `@charset`, else that of what led
/// to it.
fn decoded(response: &Response, environment: &'static Encoding) -> (String, &'static Encoding) {
    let encoding = charset_rule(&response.body).unwrap_or(environment);
    (decode_script(&response.body, response.header("content-type"), None, encoding), encoding)
}

/// The encoding that the first bytes of a sheet name; they are to be written exactly so.
fn charset_rule(bytes: &[u8]) -> Option<&'static Encoding> {
    let rest = bytes.strip_prefix(b"@charset \"")?;
    let end = rest.iter().take(1024).position(|byte| *byte == b'"')?;
    let encoding = Encoding::for_label(&rest[..end]).filter(|_| rest.get(end + 1) == Some(&b';'))?;
    // What can be read as far as this is not UTF-16.
    let is_wide = encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE;
    Some(if is_wide { encoding_rs::UTF_8 } else { encoding })
}

/// The addresses and media of a sheet's `@import`s.
fn imports(text: &str) -> Vec<(String, String)> {
    if !text.as_bytes().windows(b"@import".len()).any(|word| word.eq_ignore_ascii_case(b"@import")) {
        return Vec::new();
    }
    let found = css_rules::rules(text).into_iter().filter_map(|rule| match rule.kind {
        RuleKind::Statement { name, prelude } if name == "import" => css_statements::import(&prelude),
        _ => None,
    });
    let applies = |import: &Import| {
        let holds = |text: &str| condition(text).or_else(|| condition(&format!("({text})"))).unwrap_or(false);
        import.supports.as_deref().is_none_or(holds)
    };
    found.filter(applies).map(|import| (import.address, import.media)).collect()
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
    fn imports_come_first() {
        let found = imports("@charset 'x'; @import 'a'; /* */ @import 'b' print; c {} @import 'd';");
        assert_eq!(found, [("a".to_owned(), String::new()), ("b".to_owned(), "print".to_owned())]);
    }

    #[test]
    fn charsets() {
        for (text, expected) in [
            ("@charset \"gbk\"; a{}", Some(encoding_rs::GBK)),
            ("@charset \"utf-16\";", Some(encoding_rs::UTF_8)),
            ("@charset 'gbk';", None),
            ("@charset \"gbk\" ;", None),
        ] {
            assert_eq!(charset_rule(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn an_import() {
        for (rule, expected) in [
            ("@import 'a.css';", Some(("a.css", ""))),
            ("@import url(a.css) screen;", Some(("a.css", "screen"))),
            ("@import url( \"b/c.css\" );", Some(("b/c.css", ""))),
            ("@import 'a.css' layer(x) print;", Some(("a.css", "print"))),
            ("@import 'a.css' supports(display: junk);", None),
            ("@import a.css;", None),
        ] {
            let expected = expected.map(|(address, media)| (address.to_owned(), media.to_owned()));
            assert_eq!(imports(rule).into_iter().next(), expected, "{rule}");
        }
    }
}
