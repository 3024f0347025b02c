//! Finds the catalogue's names in a script's text.
//!
//! Names in strings and comments do not count, nor do keys of objects and what the script declares itself. A member
//! counts by its receiver (`navigator.geolocation`), or by its name alone where that tells (`x.attachEvent`).

use super::{Api, Path, Status, named};
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
    let script = Script { all: &all };
    let mut found: Vec<Sighting> = (0..all.len()).flat_map(|at| script.sightings(at)).collect();
    let is_own = |sighting: &Sighting| match sighting.api.path() {
        Path::Global(name) => script.declares(name),
        _ => false,
    };
    let own: Vec<&str> = found.iter().filter(|sighting| is_own(sighting)).map(|sighting| sighting.api.name).collect();
    found.retain(|sighting| !own.contains(&sighting.api.name));
    for sighting in &mut found {
        if !sighting.api.modern.is_empty() && script.names(sighting.api.modern) {
            sighting.manner = Manner::Test;
        }
    }
    found
}

/// A script's tokens.
struct Script<'a> {
    all: &'a [Token<'a>],
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
            (Path::Global(_), Receiver::None) => true,
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
                Some(object) if WINDOWS.contains(&object.text) => Receiver::None,
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
            && object.checked_sub(2).is_some_and(|at| WINDOWS.contains(&self.all[at].text))
            && !self.is(object.checked_sub(3), ".");
        match self.all[object].text {
            name if is_head && WINDOWS.contains(&name) => Receiver::None,
            name if is_head || is_of_window => Receiver::Of(name),
            _ => Receiver::Some,
        }
    }

    /// `{name: …}` and `, name: …`; behind a `?` a name with a colon is a value.
    fn is_object_key(&self, at: usize) -> bool {
        let before = at.checked_sub(1);
        (self.is(before, "{") || self.is(before, ",")) && self.is(Some(at + 1), ":")
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
        let is_settable = api.status == Status::Works && !matches!(api.path(), Path::Global(_));
        let behind = if self.all[at].kind == Kind::Text { at + 2 } else { at + 1 };
        let is_callback = matches!(api.path(), Path::Callback(_));
        !is_settable && !is_callback && self.is(Some(behind), "=") && !self.is(Some(behind + 1), "=")
    }

    /// Whether the script has a name or a string of this text.
    fn names(&self, name: &str) -> bool {
        self.all.iter().any(|token| match token.kind {
            Kind::Name => token.text == name,
            Kind::Text => token.text.trim_matches(['"', '\'']) == name,
            _ => false,
        })
    }

    /// Whether the script declares the name: it has its own.
    fn declares(&self, name: &str) -> bool {
        let is_name = |at: usize| self.all[at].kind == Kind::Name && self.all[at].text == name;
        (1..self.all.len()).any(|at| is_name(at) && DECLARING.contains(&self.all[at - 1].text))
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
