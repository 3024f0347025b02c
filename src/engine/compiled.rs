//! Scripts compiled before they run: what a template process has ready for the pages that are forked from it.
//!
//! Compiling a library costs most of what it costs to open a page, and boa's code belongs to the context it was compiled
//! in. So a template compiles into a context in which nothing has run, and each page is a fork of it. A script is found
//! by its address, its place and its whole text, so a change of any of them only costs the time to compile it.
//!
//! One trap: code that was compiled before another script ran does not see what that one declares at top level with
//! `let`, `const` or `class`, for the compiler looks such names up in the global scope. So scripts that declare any are
//! not compiled ahead, and once one has run, nothing compiled ahead is used any more.

use std::cell::Cell;
use std::path::Path;

use boa_engine::{Context, JsResult, Script, Source};
use rustc_hash::FxHashMap;

use super::queued::Owner;
use super::script::{Code, nesting};
use crate::base::limits::CODE_NESTING_MAX;

/// The scripts of one context that were compiled ahead.
#[derive(Default)]
pub struct Compiled {
    /// By address, with their padded texts.
    scripts: FxHashMap<String, Vec<(String, Script)>>,
    used: Cell<usize>,
}

/// What compiling a script ahead came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// It is ready.
    Ready,
    /// It does not parse; it will say so when it is run.
    Broken,
    /// It declares names in the global scope, which now has them although it has not run: the context is of no more use.
    Declares,
}

impl Compiled {
    /// Compiles a script into a context in which nothing has run.
    pub fn add(code: &Code<'_>, context: &mut Context) -> Ahead {
        if nesting(code.text.chars().map(u32::from)) > CODE_NESTING_MAX {
            return Ahead::Broken;
        }
        let padded = code.padded();
        let script = parse(code.url, &padded, context).and_then(|script| script.codeblock(context).map(|_| script));
        if global_names(context) > 0 {
            return Ahead::Declares;
        }
        let Ok(script) = script else { return Ahead::Broken };
        let mut compiled = context.remove_data::<Self>().map(|own| *own).unwrap_or_default();
        compiled.scripts.entry(code.url.to_owned()).or_default().push((padded.into_owned(), script));
        context.insert_data(compiled);
        Ahead::Ready
    }

    /// The script if it was compiled ahead and that may still be used.
    pub(super) fn find(code: &Code<'_>, context: &Context) -> Option<Script> {
        let compiled = context.get_data::<Self>()?;
        let candidates = compiled.scripts.get(code.url)?;
        // Code belongs to the realm that it was compiled in.
        if Owner::of_realm(context.realm()) != Owner::PAGE {
            return None;
        }
        if global_names(context) > 0 {
            return None;
        }
        let padded = code.padded();
        let (_, script) = candidates.iter().find(|(text, _)| *text == padded)?;
        compiled.used.set(compiled.used.get() + 1);
        Some(script.clone())
    }

    /// How many of a context's scripts were compiled ahead and run.
    #[must_use]
    pub fn used(context: &Context) -> usize {
        context.get_data::<Self>().map_or(0, |compiled| compiled.used.get())
    }
}

/// Parses a padded text as the script at `url`.
pub(super) fn parse(url: &str, padded: &str, context: &mut Context) -> JsResult<Script> {
    Script::parse(Source::from_bytes(padded.as_bytes()).with_path(Path::new(url)), None, context)
}

/// Names that scripts have declared at top level with `let`, `const` or `class`.
fn global_names(context: &Context) -> u32 {
    context.realm().scope().num_bindings()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(text: &str, context: &mut Context) -> Ahead {
        Compiled::add(&Code { text, url: "a.js", line: 1, column: 1 }, context)
    }

    #[test]
    fn scripts_that_declare_lexical_names_are_told() {
        for (text, expected) in [
            ("var a = 1; function b() { let c; } if (a) { const d = 2; function e() {} }", Ahead::Ready),
            ("(", Ahead::Broken),
            ("let a;", Ahead::Declares),
            ("const a = 1;", Ahead::Declares),
            ("class A {}", Ahead::Declares),
        ] {
            assert_eq!(add(text, &mut Context::default()), expected, "{text}");
        }
    }

    #[test]
    fn found_by_address_place_and_text() {
        let mut context = Context::default();
        assert_eq!(add("var a = 1;", &mut context), Ahead::Ready);
        let code = Code { text: "var a = 1;", url: "a.js", line: 1, column: 1 };
        assert!(Compiled::find(&code, &context).is_some());
        for other in [
            Code { text: "var a = 2;", ..code },
            Code { url: "b.js", ..code },
            Code { line: 2, ..code },
            Code { column: 2, ..code },
        ] {
            assert!(Compiled::find(&other, &context).is_none());
        }
        assert_eq!(Compiled::used(&context), 1);
        context.eval(Source::from_bytes("let b = 1")).unwrap();
        assert!(Compiled::find(&code, &context).is_none());
    }
}
