//! Finds the catalogue's names in a script's text.
//!
//! Names in strings and comments do not count, nor do keys of objects and what the script declares itself. A member
//! counts by its receiver (`navigator.geolocation`), or by its name alone where that tells (`x.attachEvent`).

use rustc_hash::FxHashSet;

use super::{ASKED_ONLY, Api, Path, named};
use crate::engine::lexer::{Kind, Token, tokens};

/// How a script names an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It uses it.
    Use,
    /// It asks whether it is there: `typeof x`, `if (window.x)`, `x && …`, `'x' in window`; or it has another way.
    Test,
}

/// An API that a script names.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// Which.
    pub api: &'static Api,
    /// Where its name begins, in bytes.
    pub at: usize,
    /// How.
    pub manner: Manner,
}

/// Names of the global object.
const WINDOWS: [&str; 7] = ["window", "self", "top", "parent", "globalThis", "frames", "opener"];
/// Marks and words behind a name that make it a question. `=` twice is a comparison.
const ASKING: [&str; 4] = ["&", "|", "?", "instanceof"];
/// What declares the name behind it.
const DECLARING: [&str; 5] = ["var", "let", "const", "function", "class"];

/// What a script names, in order.
#[must_use]
pub fn scan(code: &str) -> Vec<Sighting> {
    let all: Vec<Token<'_>> = tokens(code).collect();
    let script = Script { declared: declared(&all), all: &all };
    let mut found: Vec<Sighting> = (0..all.len()).flat_map(|at| script.sightings(at)).collect();
    for sighting in &mut found {
        let modern = sighting.api.modern;
        if modern == ASKED_ONLY || !modern.is_empty() && script.names(modern) {
            sighting.manner = Manner::Test;
        }
    }
    found
}

/// A script's tokens, and the names that it declares somewhere.
struct Script<'a> {
    all: &'a [Token<'a>],
    declared: FxHashSet<&'a str>,
}

/// The names that a script declares: variables, functions, parameters. Scopes are not told apart.
fn declared<'a>(all: &[Token<'a>]) -> FxHashSet<&'a str> {
    let mut found = FxHashSet::default();
    for (at, token) in all.iter().enumerate() {
        let rest = &all[at + 1..];
        match token.text {
            "function" if token.kind == Kind::Name => {
                let name = rest.iter().take_while(|token| token.kind == Kind::Name).count();
                found.extend(rest[..name].iter().map(|token| token.text));
                let list = rest[name..].iter().take_while(|token| !token.is(")"));
                found.extend(list.filter(|token| token.kind == Kind::Name).map(|token| token.text));
            }
            "class" | "catch" if token.kind == Kind::Name => {
                let name = rest.iter().take(2).find(|token| token.kind == Kind::Name);
                found.extend(name.map(|token| token.text));
            }
            "var" | "let" | "const" if token.kind == Kind::Name => found.extend(variables(rest)),
            "=" if rest.first().is_some_and(|next| next.is(">")) => {
                let list = all[..at].iter().rev().skip(1).take_while(|token| !token.is("("));
                let is_list = at > 0 && all[at - 1].is(")");
                let list = list.filter(|token| is_list && token.kind == Kind::Name);
                found.extend(list.map(|token| token.text));
                found.extend(at.checked_sub(1).map(|before| all[before].text));
            }
            _ => {}
        }
    }
    found
}

/// The names of `a = 1, b = f(2), c;`.
fn variables<'a>(rest: &[Token<'a>]) -> Vec<&'a str> {
    let (mut depth, mut is_next, mut found) = (0_i32, true, Vec::new());
    for token in rest {
        if is_next && token.kind == Kind::Name {
            found.push(token.text);
        }
        is_next = false;
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "," => is_next = depth == 0,
            ";" | "var" | "in" | "of" if depth == 0 => break,
            _ => {}
        }
        if depth < 0 {
            break;
        }
    }
    found
}

impl<'a> Script<'a> {
    fn token(&self, at: usize) -> Option<&Token<'a>> {
        self.all.get(at)
    }

    fn is(&self, at: Option<usize>, text: &str) -> bool {
        at.and_then(|at| self.token(at)).is_some_and(|token| token.is(text))
    }

    fn sightings(&self, at: usize) -> Vec<Sighting> {
        let token = &self.all[at];
        let (name, start) = match token.kind {
            Kind::Name => (token.text, token.at),
            // `window["WebSocket"]`, `"WebSocket" in window`
            Kind::Text if self.is_key(at) => (token.text.trim_matches(['"', '\'']), token.at + 1),
            _ => return Vec::new(),
        };
        let rows = named(name);
        if rows.is_empty() {
            return Vec::new();
        }
        let receiver = self.receiver(at);
        let fits = |api: &&'static Api| match (api.path(), &receiver) {
            (Path::Global(name), Receiver::None) => !self.declared.contains(name),
            (Path::Callback(_), Receiver::None | Receiver::Declared) => true,
            (Path::Member(object, _), Receiver::Of(of)) => *of == object,
            (Path::Instance(..), Receiver::Of(_) | Receiver::Some) => true,
            _ => false,
        };
        let manner = if self.is_question(at) { Manner::Test } else { Manner::Use };
        let found = rows.iter().copied().filter(fits).filter(|api| !self.is_given(at, api));
        found.map(|api| Sighting { api, at: start, manner }).collect()
    }

    /// Whether a string is the name of a member, or asks for one.
    fn is_key(&self, at: usize) -> bool {
        let is_index = self.is(at.checked_sub(1), "[") && self.is(Some(at + 1), "]");
        is_index && at >= 2 && self.is_value(at - 2) || self.is(Some(at + 1), "in")
    }

    /// Whether a value ends here, so that `[` behind it reads a member.
    fn is_value(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| match token.kind {
            Kind::Name => token.text != "return" && token.text != "in",
            _ => token.is(")") || token.is("]"),
        })
    }

    /// What stands before the name, the window itself left out.
    fn receiver(&self, at: usize) -> Receiver<'a> {
        if self.all[at].kind == Kind::Text && self.is(Some(at + 1), "in") {
            return match self.token(at + 2) {
                Some(object) if self.is_window(object.text) => Receiver::None,
                Some(object) if object.kind == Kind::Name => Receiver::Of(object.text),
                _ => Receiver::Some,
            };
        }
        let Some(before) = at.checked_sub(1) else { return Receiver::None };
        let is_index = self.all[at].kind == Kind::Text;
        if !is_index && !self.all[before].is(".") {
            let is_declared = DECLARING.contains(&self.all[before].text);
            return if is_declared {
                Receiver::Declared
            } else if self.is_object_key(at) {
                Receiver::Key
            } else {
                Receiver::None
            };
        }
        let mut object = before.checked_sub(1);
        if self.is(object, "?") {
            object = object.and_then(|at| at.checked_sub(1));
        }
        let Some(object) = object.filter(|at| self.all[*at].kind == Kind::Name) else { return Receiver::Some };
        let is_head = !self.is(object.checked_sub(1), ".");
        let is_of_window = !is_head
            && object.checked_sub(2).is_some_and(|at| self.is_window(self.all[at].text))
            && !self.is(object.checked_sub(3), ".");
        match self.all[object].text {
            name if is_head && self.is_window(name) => Receiver::None,
            name if is_head || is_of_window => Receiver::Of(name),
            _ => Receiver::Some,
        }
    }

    /// Whether a name is the window: `var self = this` is not.
    fn is_window(&self, name: &str) -> bool {
        WINDOWS.contains(&name) && !self.declared.contains(name)
    }

    /// `{name: …}`, `, name: …` and `{name() {…}}`; behind a `?` a name with a colon is a value.
    fn is_object_key(&self, at: usize) -> bool {
        let before = at.checked_sub(1);
        let is_method = || {
            let mut list = self.all[at + 1..].iter().skip_while(|token| !token.is(")"));
            self.is(Some(at + 1), "(") && list.nth(1).is_some_and(|behind| behind.is("{"))
        };
        let is_first = self.is(before, "{") || self.is(before, ",");
        is_first && self.is(Some(at + 1), ":") || (is_first || self.is(before, "}")) && is_method()
    }

    /// Whether the name is asked for rather than used.
    fn is_question(&self, at: usize) -> bool {
        let mut head = at;
        while self.is(head.checked_sub(1), ".") && head >= 2 {
            head -= 2;
        }
        let is_text = self.all[at].kind == Kind::Text;
        let behind = if is_text && self.is(Some(at + 1), "]") { at + 2 } else { at + 1 };
        let before = head.checked_sub(1);
        let asks = self.is(before, "typeof") || self.is(before, "!") || is_text && self.is(Some(at + 1), "in");
        let is_asked = self.token(behind).is_some_and(|token| ASKING.contains(&token.text));
        let is_compared = (self.is(Some(behind), "=") || self.is(Some(behind), "!")) && self.is(Some(behind + 1), "=");
        let opens = before.filter(|before| self.all[*before].is("("));
        let is_condition = opens.is_some_and(|open| self.is(open.checked_sub(1), "if")) && self.is(Some(behind), ")");
        asks || is_asked || is_compared || is_condition
    }

    /// Whether the script puts something of its own there: `window.WebSocket = …`.
    fn is_given(&self, at: usize, api: &Api) -> bool {
        let may_be_own = matches!(api.path(), Path::Global(_)) || !api.status.is_there();
        let behind = if self.all[at].kind == Kind::Text { at + 2 } else { at + 1 };
        may_be_own && self.is(Some(behind), "=") && !self.is(Some(behind + 1), "=")
    }

    /// Whether the script has a name or a string of this text.
    fn names(&self, name: &str) -> bool {
        self.all.iter().any(|token| match token.kind {
            Kind::Name => token.text == name,
            Kind::Text => token.text.trim_matches(['"', '\'']) == name,
            _ => false,
        })
    }
}

/// What a name is a member of.
enum Receiver<'a> {
    /// Of nothing, or of the window.
    None,
    /// Of this global.
    Of(&'a str),
    /// Of something else.
    Some,
    /// It is declared here.
    Declared,
    /// It is the key of an object.
    Key,
}
