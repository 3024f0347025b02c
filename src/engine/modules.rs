//! ES modules: boa's module loader over a document's module map
//! ([HTML §8.1.5.4](https://html.spec.whatwg.org/multipage/webappapis.html#module-map)).
//!
//! boa asks for a module while it holds the context, so nothing can be fetched there. What a module imports is found by a
//! first load in which nothing is answered; whoever fetches (`webapi::modules`) puts the answers into the map, and
//! only when all are there boa loads for good.
//!
//! `import()` cannot wait either. It is answered at once with a stand-in that exports `then`: promises follow such a
//! namespace as ECMA-262 says, so the page's promise is settled by whoever fetches, with the real namespace.

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Waker;

use boa_engine::builtins::promise::ResolvingFunctions;
use boa_engine::job::NativeAsyncJob;
use boa_engine::module::{ModuleLoader, ModuleRequest, Referrer, SyntheticModuleInitializer};
use boa_engine::object::FunctionObjectBuilder;
use boa_engine::{Context, JsData, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue};
use boa_engine::{Module, NativeFunction, Source, js_string};
use boa_gc::{Finalize, Trace};
use rustc_hash::FxHashMap;

use super::builtins::json_parse;
use super::convert::{to_utf8, type_error};
use super::fault::{Sources, place_in};
use super::module_evaluation::Evaluations;
use super::script::{Code, callable, nesting, parse_fault};
use crate::base::limits::CODE_NESTING_MAX;
use crate::event::Fault;

/// What a module is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A script element with text, by its number.
    Inline(u32),
    /// JavaScript at an address.
    Script(String),
    /// JSON at an address.
    Json(String),
}

/// Why there is no module, or none that can run.
#[derive(Debug, Clone)]
pub enum Failure {
    /// It could not be had, which was reported: why.
    Load(String),
    /// It does not parse: the fault, and the error that scripts see.
    Parse(Box<Fault>, JsValue),
    /// This was thrown before anything of it ran.
    Thrown(JsValue),
}

/// Where a module of the map stands.
pub enum Entry {
    /// It is on its way.
    Fetching,
    /// It is there: its number.
    Ready(usize),
    /// It will never be.
    Failed(Failure),
}

/// A module that is there.
pub(super) struct Node {
    pub(super) module: Module,
    /// Its address.
    url: String,
    /// What it imports, in order, and by which key that is found.
    requests: Vec<(ModuleRequest, Key)>,
    /// Whether it may have `await` at its top level.
    pub(super) may_await: bool,
}

/// What a module asks for.
#[derive(Debug, Clone, PartialEq, Eq, Trace, Finalize)]
pub struct Import {
    /// The address of the code that asks; empty: it has none.
    pub referrer: String,
    /// How it names the other one.
    pub specifier: String,
    /// The value of the attribute `type`; none: JavaScript.
    pub kind: Option<String>,
    /// An attribute that is not known.
    unknown: Option<String>,
}

impl Import {
    fn new(referrer: String, request: &ModuleRequest) -> Self {
        let unknown = request.attributes().iter().map(|attribute| to_utf8(attribute.key())).find(|key| key != "type");
        let kind = request.get_attribute("type").map(to_utf8);
        Self { referrer, specifier: to_utf8(request.specifier()), kind, unknown }
    }

    /// The key of what stands at `url`.
    ///
    /// # Errors
    /// A TypeError or SyntaxError: it is asked for as something that no page has.
    pub fn key(&self, url: &str) -> JsResult<Key> {
        if let Some(name) = &self.unknown {
            let message = format!("Invalid attribute key \"{name}\": only \"type\" is known");
            return Err(JsNativeError::syntax().with_message(message).into());
        }
        match self.kind.as_deref() {
            None => Ok(Key::Script(url.to_owned())),
            Some("json") => Ok(Key::Json(url.to_owned())),
            Some(other) => Err(type_error(&format!("\"{other}\" is not a valid module type; only \"json\" is"))),
        }
    }
}

/// What the page does for its modules.
#[derive(Clone, Copy)]
pub struct Host {
    /// Which module is meant.
    pub resolve: fn(&Import, &mut Context) -> JsResult<Key>,
    /// `import()`: loads and runs a module, then settles with its namespace.
    pub import: fn(&Import, ResolvingFunctions, &mut Context) -> JsResult<()>,
    /// Fills the `import.meta` of the module at an address.
    pub meta: fn(&JsObject, &str, &mut Context),
}

/// The module map of a document: of the realm that it is.
#[derive(Default)]
pub struct Modules {
    entries: RefCell<FxHashMap<Key, Entry>>,
    pub(super) nodes: RefCell<Vec<Node>>,
    stand_ins: RefCell<FxHashMap<(String, ModuleRequest), Module>>,
    /// What a module asks for, while that is found out.
    asked: RefCell<Option<Vec<ModuleRequest>>>,
    host: OnceCell<Host>,
    pub(super) evaluations: Evaluations,
}

/// The modules of a realm, where it keeps them. They are not traced: what they hold lives as long as the realm.
#[derive(Trace, Finalize, JsData)]
struct OfRealm(#[unsafe_ignore_trace] Rc<Modules>);

/// boa's module loader, for all realms of a context.
#[derive(Default)]
pub struct Loader {
    /// Jobs of the load that runs.
    jobs: RefCell<Option<VecDeque<NativeAsyncJob>>>,
}

impl Loader {
    /// Has boa load a module, as far as it is answered.
    fn load(&self, module: &Module, context: &mut Context) {
        *self.jobs.borrow_mut() = Some(VecDeque::new());
        // It says nothing that the map does not.
        let _ = module.load(context);
        loop {
            let job = self.jobs.borrow_mut().as_mut().and_then(VecDeque::pop_front);
            let Some(job) = job else { break };
            // A job of ours answers, or is never asked again.
            let _ = poll_once(job, context);
        }
        self.jobs.take();
    }

    /// Takes a job of the load that runs; gives back what is an `import()`.
    pub(super) fn take_job(&self, job: NativeAsyncJob) -> Option<NativeAsyncJob> {
        match &mut *self.jobs.borrow_mut() {
            Some(jobs) => jobs.push_back(job),
            None => return Some(job),
        }
        None
    }
}

impl Modules {
    /// The modules of the realm that the context is in.
    #[must_use]
    pub fn of(context: &Context) -> Rc<Self> {
        if let Some(found) = context.realm().host_defined().get::<OfRealm>() {
            return found.0.clone();
        }
        let made = Rc::new(Self::default());
        context.realm().host_defined_mut().insert(OfRealm(made.clone()));
        made
    }

    /// Sets what the document does for them; the first one stays.
    pub fn set_host(&self, host: Host) {
        // A realm has one document.
        let _ = self.host.set(host);
    }

    /// Looks at an entry of the map.
    pub fn look<R>(&self, key: &Key, look: impl FnOnce(Option<&Entry>) -> R) -> R {
        look(self.entries.borrow().get(key))
    }

    /// Sets an entry of the map.
    pub fn set(&self, key: Key, entry: Entry) {
        self.entries.borrow_mut().insert(key, entry);
    }

    /// The keys of what a module imports, in order.
    #[must_use]
    pub fn imports(&self, node: usize) -> Vec<Key> {
        let nodes = self.nodes.borrow();
        nodes.get(node).map(|node| node.requests.iter().map(|(_, key)| key.clone()).collect()).unwrap_or_default()
    }

    /// The modules that a module imports, in order, without those that are not there.
    pub(super) fn imported(&self, node: usize) -> Vec<usize> {
        let ready =
            |key: &Key| self.look(key, |entry| if let Some(Entry::Ready(node)) = entry { Some(*node) } else { None });
        self.imports(node).iter().filter_map(ready).collect()
    }

    /// The address of a module.
    pub(super) fn url(&self, node: usize) -> String {
        self.nodes.borrow()[node].url.clone()
    }

    pub(super) fn module(&self, node: usize) -> Module {
        self.nodes.borrow()[node].module.clone()
    }

    /// The namespace of a module that was loaded.
    #[must_use]
    pub fn namespace(&self, node: usize, context: &mut Context) -> JsObject {
        self.module(node).namespace(context)
    }

    /// Reads JavaScript, and finds out what it imports.
    ///
    /// # Errors
    /// [`Failure`]: it does not parse, or imports what cannot be meant.
    pub fn add_script(&self, code: &Code<'_>, context: &mut Context) -> Result<usize, Failure> {
        let module = parse(code, context)?;
        let mut requests = Vec::new();
        for request in self.requests_of(&module, context) {
            let import = Import::new(code.url.to_owned(), &request);
            let key = self.resolve(&import, context).map_err(|error| thrown(error, &import, Some(code), context))?;
            requests.push((request, key));
        }
        Ok(self.push(module, code.url, requests, code.text.contains("await")))
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// [`Failure`]: it does not parse.
    pub fn add_json(&self, text: &str, url: &str, context: &mut Context) -> Result<usize, Failure> {
        let value = json_parse::parse(&JsString::from(text), context);
        let value = value.map_err(|error| Failure::Thrown(placed(error, (url, 1, 1), context)))?;
        let module = Module::from_value_as_default(value, context);
        Ok(self.push(module, url, Vec::new(), false))
    }

    fn push(&self, module: Module, url: &str, requests: Vec<(ModuleRequest, Key)>, may_await: bool) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { module, url: url.to_owned(), requests, may_await });
        nodes.len() - 1
    }

    fn resolve(&self, import: &Import, context: &mut Context) -> JsResult<Key> {
        match self.host.get() {
            Some(host) => (host.resolve)(import, context),
            None => Err(type_error("this page has no modules")),
        }
    }

    /// What a module imports: what boa asks for when it loads it. Nothing is answered, so nothing else follows.
    fn requests_of(&self, module: &Module, context: &mut Context) -> Vec<ModuleRequest> {
        *self.asked.borrow_mut() = Some(Vec::new());
        Self::load_module(module, context);
        self.asked.take().unwrap_or_default()
    }

    /// Has boa load a module whose imports are all there, and theirs.
    pub(super) fn load(&self, node: usize, context: &mut Context) {
        Self::load_module(&self.module(node), context);
    }

    fn load_module(module: &Module, context: &mut Context) {
        if let Some(loader) = context.get_data::<Rc<Loader>>().cloned() {
            loader.load(module, context);
        }
    }

    /// What boa is answered; none: nothing, ever.
    fn answer(&self, referrer: &Referrer, request: ModuleRequest, context: &mut Context) -> Option<JsResult<Module>> {
        if let Some(asked) = &mut *self.asked.borrow_mut() {
            asked.push(request);
            return None;
        }
        let known = match referrer {
            Referrer::Module(module) => self.imported_by(module, &request),
            _ => None,
        };
        if let Some(node) = known {
            return Some(Ok(self.module(node)));
        }
        let url = referrer.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        Some(Ok(self.stand_in(url, request, context)))
    }

    /// What a module imports by a declaration. boa wants it again where the module asks for the same with `import()`.
    fn imported_by(&self, module: &Module, request: &ModuleRequest) -> Option<usize> {
        let key = {
            let nodes = self.nodes.borrow();
            let node = nodes.iter().find(|node| node.module == *module)?;
            node.requests.iter().find(|(other, _)| other == request)?.1.clone()
        };
        self.look(&key, |entry| if let Some(Entry::Ready(node)) = entry { Some(*node) } else { None })
    }

    /// The stand-in for what is imported under a name: one each, since boa wants the same one every time.
    fn stand_in(&self, referrer: String, request: ModuleRequest, context: &mut Context) -> Module {
        let import = Import::new(referrer.clone(), &request);
        let make = || {
            let export = SyntheticModuleInitializer::from_copy_closure_with_captures(
                |module, import: &Import, context| {
                    let then = NativeFunction::from_copy_closure_with_captures(then, import.clone());
                    let then = FunctionObjectBuilder::new(context.realm(), then).length(2).build();
                    module.set_export(&js_string!("then"), then.into())
                },
                import,
            );
            Module::synthetic(&[js_string!("then")], export, None, None, context)
        };
        self.stand_ins.borrow_mut().entry((referrer, request)).or_insert_with(make).clone()
    }
}

/// A stand-in's `then`: a promise of `import()` follows it.
fn then(_: &JsValue, args: &[JsValue], import: &Import, context: &mut Context) -> JsResult<JsValue> {
    let function = |at: usize| args.get(at).and_then(callable).ok_or_else(|| type_error("not a function"));
    let functions = ResolvingFunctions { resolve: function(0)?, reject: function(1)? };
    if let Some(host) = Modules::of(context).host.get().copied() {
        (host.import)(import, functions, context)?;
    }
    Ok(JsValue::undefined())
}

impl ModuleLoader for Loader {
    fn load_imported_module(
        self: Rc<Self>,
        referrer: Referrer,
        request: ModuleRequest,
        context: &RefCell<&mut Context>,
    ) -> impl Future<Output = JsResult<Module>> {
        let context = &mut context.borrow_mut();
        let answer = Modules::of(context).answer(&referrer, request, context);
        async move {
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        }
    }

    fn init_import_meta(self: Rc<Self>, import_meta: &JsObject, module: &Module, context: &mut Context) {
        if let Some(host) = Modules::of(context).host.get() {
            let url = module.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
            (host.meta)(import_meta, &url, context);
        }
    }
}

/// Runs an asynchronous job as far as it goes. Ours never have to wait.
pub(super) fn poll_once(job: NativeAsyncJob, context: &mut Context) -> JsResult<()> {
    let cell = RefCell::new(context);
    let mut future = job.call(&cell);
    match Pin::new(&mut future).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        std::task::Poll::Ready(result) => result.map(|_| ()),
        std::task::Poll::Pending => Ok(()),
    }
}

fn parse(code: &Code<'_>, context: &mut Context) -> Result<Module, Failure> {
    let parsed = if nesting(code.text.chars().map(u32::from)) > CODE_NESTING_MAX {
        let message = format!("code nests more than {CODE_NESTING_MAX} brackets deep");
        Err(JsNativeError::syntax().with_message(message).into())
    } else {
        let padded = code.padded();
        Module::parse(Source::from_bytes(padded.as_bytes()).with_path(Path::new(code.url)), None, context)
    };
    parsed.map_err(|error| {
        let fault = parse_fault(&error, code, context);
        let (line, column) = fault.place().map_or((code.line, code.column), |place| (place.line, place.column));
        Failure::Parse(Box::new(fault), placed(error, (code.url, line, column), context))
    })
}

/// An error about what code names, at the place where it does: in this code, or else in the file of whoever asks.
#[must_use]
pub fn thrown(error: JsError, import: &Import, code: Option<&Code<'_>>, context: &mut Context) -> Failure {
    let sources = Sources::of(context);
    let place = |quote: &str| {
        let quoted = format!("{quote}{}{quote}", import.specifier);
        let Some(code) = code else { return sources.find(&import.referrer, &quoted) };
        let (line, column) = place_in(code.text, &quoted)?;
        Some((code.line + line - 1, if line == 1 { code.column + column - 1 } else { column }))
    };
    let found = ["\"", "'", "`"].into_iter().filter_map(place).min();
    match found {
        Some((line, column)) => Failure::Thrown(placed(error, (&import.referrer, line, column), context)),
        None => Failure::Thrown(opaque(error, context)),
    }
}

/// An error as scripts see it, with a stack that says where in a file it is.
#[must_use]
pub fn placed(error: JsError, (url, line, column): (&str, u32, u32), context: &mut Context) -> JsValue {
    let text = error.as_native().map(|native| format!("{}: {}", native.kind(), native.message())).unwrap_or_default();
    let value = opaque(error, context);
    if let Some(object) = value.as_object() {
        let stack = JsString::from(format!("{text}\n    at ({url}:{line}:{column})").as_str());
        // An error of our own takes any property.
        let _ = super::builtins::native::hidden_value(&object, js_string!("stack"), stack, context);
    }
    value
}

/// An error as scripts see it. One that no script may see is cut short with its turn.
pub(super) fn opaque(error: JsError, context: &mut Context) -> JsValue {
    error.into_opaque(context).unwrap_or_default()
}
