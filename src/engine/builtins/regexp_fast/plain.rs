//! Whether an expression is as the engine made it, so that no code of the page would see how it is matched.

use std::rc::Rc;

use boa_engine::{
    Context, Finalize, JsObject, JsResult, JsString, JsSymbol, JsValue, Source, Trace,
    gc::{Gc, GcRefCell},
    js_string,
    object::{builtins::JsRegExp, shape::Shape},
    property::PropertyKey,
};
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

use super::program::{Marks, Program};
use crate::{base::limits::REGEXPS_KNOWN, engine::builtins::regexp_statics::Statics};

/// The accessors that `flags` reads, and itself.
const FLAGS: [JsString; 9] = [
    js_string!("flags"),
    js_string!("hasIndices"),
    js_string!("global"),
    js_string!("ignoreCase"),
    js_string!("multiline"),
    js_string!("dotAll"),
    js_string!("unicode"),
    js_string!("unicodeSets"),
    js_string!("sticky"),
];
const UNICODE_SETS: usize = 7;

/// A property of `RegExp` or its prototype, as it must be for the short way.
#[derive(Trace, Finalize)]
struct Expected {
    #[unsafe_ignore_trace]
    key: PropertyKey,
    function: JsObject,
}

impl Expected {
    /// What `target[key]` is now: a function, or a getter.
    fn now(target: &JsObject, key: impl Into<PropertyKey>) -> Option<Self> {
        let key = key.into();
        let function = Self::read(target, &key)?;
        Some(Self { key, function })
    }

    fn read(target: &JsObject, key: &PropertyKey) -> Option<JsObject> {
        let property = target.borrow().properties().get(key)?;
        property.get().or_else(|| property.value())?.as_object()
    }

    fn holds(&self, target: &JsObject) -> bool {
        Self::read(target, &self.key).is_some_and(|function| JsObject::equals(&function, &self.function))
    }
}

/// An expression met before.
#[derive(Trace, Finalize)]
struct Known {
    regexp: JsObject,
    #[unsafe_ignore_trace]
    program: Rc<Program>,
}

/// What one page's expressions are compared with.
#[derive(Trace, Finalize)]
pub(super) struct Plain {
    prototype: JsObject,
    exec: Expected,
    flags: Vec<Expected>,
    species: Vec<(JsObject, Expected)>,
    /// Expressions as a literal and as `new RegExp` make them, never seen by the page.
    samples: [JsObject; 2],
    source: JsObject,
    known: GcRefCell<Vec<Option<Known>>>,
    /// Calls of `compile` up to which `known` is right.
    #[unsafe_ignore_trace]
    compilations: std::cell::Cell<u32>,
}

/// What a method reads of an expression besides matching.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// `exec` itself: not even `exec`.
    Nothing,
    /// `exec`.
    Exec,
    /// `exec` and `flags`.
    Flags,
    /// `exec`, `flags` and the constructor.
    Species,
}

impl Plain {
    /// Looks at the fresh engine, after `exec` was put in place; nothing if it is not as expected.
    pub(super) fn new(context: &mut Context) -> JsResult<Option<Gc<Self>>> {
        let constructor = context.intrinsics().constructors().regexp().constructor();
        let prototype = context.intrinsics().constructors().regexp().prototype();
        let made = context.eval(Source::from_bytes("[/a/, new RegExp('a')]"))?;
        let mut samples = Vec::new();
        for index in 0..2 {
            let sample = made.as_object().map(|list| list.get(index, context)).transpose()?;
            samples.extend(sample.and_then(|sample| sample.as_object()));
        }
        let plain = || {
            Some(Self {
                exec: Expected::now(&prototype, js_string!("exec"))?,
                flags: FLAGS.iter().map(|name| Expected::now(&prototype, name.clone())).collect::<Option<_>>()?,
                species: vec![
                    (prototype.clone(), Expected::now(&prototype, js_string!("constructor"))?),
                    (constructor.clone(), Expected::now(&constructor, JsSymbol::species())?),
                ],
                source: Expected::now(&prototype, js_string!("source"))?.function.clone(),
                samples: samples.try_into().ok()?,
                known: GcRefCell::new((0..REGEXPS_KNOWN).map(|_| None).collect()),
                compilations: std::cell::Cell::new(0),
                prototype,
            })
        };
        Ok(plain().map(Gc::new))
    }

    /// The program of an expression that can be matched without the page noticing.
    pub(super) fn program(
        &self,
        this: &JsObject,
        reads: Reads,
        statics: &Statics,
        context: &mut Context,
    ) -> JsResult<Option<Rc<Program>>> {
        let shape = shape(this);
        if !self.samples.iter().any(|sample| self::shape(sample) == shape) {
            return Ok(None);
        }
        if reads != Reads::Nothing && !self.exec.holds(&self.prototype) {
            return Ok(None);
        }
        if matches!(reads, Reads::Flags | Reads::Species) && !self.flags.iter().all(|flag| flag.holds(&self.prototype))
        {
            return Ok(None);
        }
        if reads == Reads::Species && !self.species.iter().all(|(target, expected)| expected.holds(target)) {
            return Ok(None);
        }
        self.known(this, statics, context)
    }

    fn known(&self, this: &JsObject, statics: &Statics, context: &mut Context) -> JsResult<Option<Rc<Program>>> {
        if self.compilations.replace(statics.compilations()) != statics.compilations() {
            self.known.borrow_mut().iter_mut().for_each(|known| *known = None);
        }
        let place = FxBuildHasher.hash_one(this) as usize % REGEXPS_KNOWN;
        if let Some(known) = &self.known.borrow()[place]
            && JsObject::equals(&known.regexp, this)
        {
            return Ok(Some(known.program.clone()));
        }
        let Ok(regexp) = JsRegExp::from_object(this.clone()) else { return Ok(None) };
        let value = JsValue::from(this.clone());
        let sets = self.flags[UNICODE_SETS].function.call(&value, &[], context)?.to_boolean();
        let marks = Marks::of(&regexp, context)?.with_sets(sets);
        let Some(source) = self.source.call(&value, &[], context)?.as_string() else { return Ok(None) };
        let program = Program::of(&source, marks);
        if let Some(program) = &program {
            let known = Known { regexp: this.clone(), program: program.clone() };
            self.known.borrow_mut()[place] = Some(known);
        }
        Ok(program)
    }
}

/// Own properties, their attributes and the prototype, as one number.
fn shape(object: &JsObject) -> usize {
    Shape::to_addr_usize(object.borrow().shape())
}
