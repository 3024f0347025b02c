//! Fetching modules and what they import
//! ([HTML §8.1.4.2](https://html.spec.whatwg.org/multipage/webappapis.html#fetching-scripts)), `import()`, `import.meta`.
//!
//! A module that the parser met is fetched as other scripts are, with what it imports, while the page waits; the rest is
//! requested, and goes on as answers come. A module is reported where it cannot be had, once; who imports it only fails.

use std::cell::{Cell, RefCell};

use boa_engine::builtins::promise::ResolvingFunctions;
use boa_engine::object::FunctionObjectBuilder;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, NativeFunction, js_string};
use boa_gc::{Finalize, Trace};
use rustc_hash::{FxHashMap, FxHashSet};
use url::Url;

use super::fetching;
use super::scripting::is_javascript_type;
use super::window::Window;
use crate::base::interrupt;
use crate::base::limits::{MODULE_BYTES_MAX, MODULES_MAX};
use crate::engine::convert::{string, text, type_error};
use crate::engine::event_loop::Output;
use crate::engine::fault::Sources;
use crate::engine::modules::{Entry, Failure, Host, Import, Key, Modules, thrown};
use crate::engine::script::Code;
use crate::event::{Cause, Fault};
use crate::net::{Credentials, Destination, ImportMap, Mode, NetError, Request, Response, decode_script};

/// What follows when a module and all that it imports are there and linked, or cannot be.
pub(super) type OnLoaded = Box<dyn FnOnce(Result<usize, Failure>, &mut Context)>;

/// A module that waits for answers.
struct Load {
    root: Key,
    cause: Option<Cause>,
    on_loaded: OnLoaded,
}

/// The modules of a document, as far as the engine does not have them.
#[derive(Default)]
pub struct DocumentModules {
    import_map: RefCell<ImportMap>,
    /// What a specifier meant at an address, which it means from then on.
    resolved: RefCell<FxHashMap<(String, String), Url>>,
    loads: RefCell<Vec<Load>>,
    /// Modules, and their bytes.
    count: Cell<usize>,
    bytes: Cell<usize>,
}

impl DocumentModules {
    /// Adds an import map of the document. Of what modules have asked for already it changes nothing.
    pub(super) fn add_map(&self, map: ImportMap) {
        self.import_map.borrow_mut().merge(map);
    }

    /// A number for a module in the document.
    ///
    /// # Errors
    /// There is no room for one more.
    pub(super) fn add_inline(&self, text: &str) -> Result<u32, String> {
        self.add_one()?;
        self.add_bytes(text.len())?;
        Ok(u32::try_from(self.count.get()).unwrap_or(u32::MAX))
    }

    fn add_one(&self) -> Result<(), String> {
        if self.count.get() >= MODULES_MAX {
            return Err(format!("a page may have {MODULES_MAX} modules; bundle them into fewer files"));
        }
        self.count.set(self.count.get() + 1);
        Ok(())
    }

    fn add_bytes(&self, bytes: usize) -> Result<(), String> {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        if self.bytes.get() > MODULE_BYTES_MAX {
            return Err(format!("the modules of a page may have {MODULE_BYTES_MAX} bytes together"));
        }
        Ok(())
    }
}

/// The base address of code: its own, or where it stands in the document that one's.
fn base_of(referrer: &str, window: &Window) -> Url {
    let is_document_s = referrer.is_empty() || referrer == window.url.borrow().as_str();
    let own = || Url::parse(referrer).unwrap_or_else(|_| window.base_url());
    if is_document_s { window.base_url() } else { own() }
}

fn resolve_url(specifier: &str, referrer: &str, window: &Window) -> JsResult<Url> {
    let base = base_of(referrer, window);
    let modules = &window.scripts.modules;
    let key = (base.to_string(), specifier.to_owned());
    if let Some(url) = modules.resolved.borrow().get(&key) {
        return Ok(url.clone());
    }
    let url = modules.import_map.borrow().resolve(specifier, &base).map_err(|problem| type_error(&problem))?;
    modules.resolved.borrow_mut().insert(key, url.clone());
    Ok(url)
}

fn resolve(import: &Import, context: &mut Context) -> JsResult<Key> {
    import.key(resolve_url(&import.specifier, &import.referrer, &Window::of(context))?.as_str())
}

/// What a module and its imports still lack, in order.
#[derive(Default)]
struct Lacking {
    /// Those that nobody asked for yet.
    absent: Vec<Key>,
    /// Those that are on their way.
    fetching: Vec<Key>,
    /// Why it will never be there.
    failure: Option<Failure>,
}

fn lacking(root: &Key, modules: &Modules) -> Lacking {
    let (mut lacking, mut seen, mut open) = (Lacking::default(), FxHashSet::default(), vec![root.clone()]);
    while let Some(key) = open.pop() {
        if !seen.insert(key.clone()) {
            continue;
        }
        let node = modules.look(&key, |entry| match entry {
            None => {
                lacking.absent.push(key.clone());
                None
            }
            Some(Entry::Fetching) => {
                lacking.fetching.push(key.clone());
                None
            }
            Some(Entry::Failed(failure)) => {
                lacking.failure.get_or_insert_with(|| failure.clone());
                None
            }
            Some(Entry::Ready(node)) => Some(*node),
        });
        if let Some(node) = node {
            open.extend(modules.imports(node).into_iter().rev());
        }
    }
    lacking
}

/// Loads a module and what it imports, waiting for all of it.
///
/// # Errors
/// [`Failure`].
pub(super) fn load_now(root: &Key, context: &mut Context) -> Result<usize, Failure> {
    let modules = Modules::of(context);
    loop {
        let lacking = lacking(root, &modules);
        if let Some(failure) = lacking.failure {
            return Err(failure);
        }
        let Some(key) = lacking.absent.first().or(lacking.fetching.first()) else { break };
        if interrupt::is_raised() {
            return Err(Failure::Load("the turn was cut short".to_owned()));
        }
        let window = Window::of(context);
        if let Some(request) = request(key, lacking.absent.is_empty(), context) {
            let answer = window.world.fetch(request, &window.event_loop);
            arrived(key, answer, context);
        }
    }
    linked(root, &modules, context)
}

/// Loads a module and what it imports; what follows comes later, unless all is there. Under the cause of now.
pub(super) fn load(root: Key, on_loaded: OnLoaded, context: &mut Context) {
    let window = Window::of(context);
    window.scripts.modules.loads.borrow_mut().push(Load { root, cause: window.event_loop.cause(), on_loaded });
    proceed(context);
}

/// Asks for what is lacking, and goes on with what is there.
fn proceed(context: &mut Context) {
    let window = Window::of(context);
    let loads = &window.scripts.modules.loads;
    let mut at = 0;
    loop {
        let Some((root, cause)) = loads.borrow().get(at).map(|load| (load.root.clone(), load.cause.clone())) else {
            return;
        };
        if interrupt::is_raised() {
            return window.event_loop.queue(Box::new(|context| {
                proceed(context);
                Ok(())
            }));
        }
        let Some(result) = window.event_loop.with_cause(cause.clone(), || progress(&root, context)) else {
            at += 1;
            continue;
        };
        let load = loads.borrow_mut().remove(at);
        window.event_loop.with_cause(cause, || (load.on_loaded)(result, context));
        // Scripts ran.
        at = 0;
    }
}

/// What came of a load; `None`: it waits.
fn progress(root: &Key, context: &mut Context) -> Option<Result<usize, Failure>> {
    let modules = Modules::of(context);
    loop {
        let lacking = lacking(root, &modules);
        if let Some(failure) = lacking.failure {
            return Some(Err(failure));
        }
        if lacking.absent.is_empty() {
            return lacking.fetching.is_empty().then(|| linked(root, &modules, context));
        }
        for key in lacking.absent {
            start(key, context);
        }
    }
}

fn linked(root: &Key, modules: &Modules, context: &mut Context) -> Result<usize, Failure> {
    let node = modules.look(root, |entry| if let Some(Entry::Ready(node)) = entry { Some(*node) } else { None });
    let node = node.ok_or_else(|| Failure::Load("it is not there".to_owned()))?;
    modules.link(node, context).map(|()| node)
}

fn start(key: Key, context: &mut Context) {
    let window = Window::of(context);
    let Some(request) = request(&key, false, context) else { return };
    let on_answer = Box::new(move |answer, context: &mut Context| {
        arrived(&key, answer, context);
        proceed(context);
        Ok(())
    });
    window.world.start(request, on_answer, &window.event_loop);
}

/// The request for a module, which is on its way then; none where there is no room for it.
fn request(key: &Key, is_again: bool, context: &mut Context) -> Option<Request> {
    let (Key::Script(address) | Key::Json(address)) = key else { return None };
    let window = Window::of(context);
    let room = if is_again { Ok(()) } else { window.scripts.modules.add_one() };
    let url = Url::parse(address).map_err(|error| error.to_string());
    match room.and(url) {
        Ok(url) => {
            Modules::of(context).set(key.clone(), Entry::Fetching);
            let request = fetching::request(&url, Destination::Script, None, &window);
            Some(Request { mode: Mode::Cors, credentials: Credentials::SameOrigin, ..request })
        }
        Err(problem) => {
            Modules::of(context).set(key.clone(), Entry::Failed(failed(address, problem, context)));
            None
        }
    }
}

/// A module's answer is there. The first one counts.
fn arrived(key: &Key, answer: Result<Response, NetError>, context: &mut Context) {
    let modules = Modules::of(context);
    if modules.look(key, |entry| matches!(entry, Some(Entry::Ready(_) | Entry::Failed(_)))) {
        return;
    }
    let entry = match read(key, answer, context) {
        Ok(node) => Entry::Ready(node),
        Err(failure) => Entry::Failed(failure),
    };
    modules.set(key.clone(), entry);
}

fn read(key: &Key, answer: Result<Response, NetError>, context: &mut Context) -> Result<usize, Failure> {
    let (Key::Script(address) | Key::Json(address)) = key else { return Err(Failure::Load(String::new())) };
    let response = answer.and_then(Response::loaded).map_err(|error| {
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        failed(address, format!("{error}{hint}"), context)
    })?;
    let content_type = response.header("content-type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (is_fit, wanted) = match key {
        Key::Json(_) => (is_json_type(&essence), "application/json: as a file it ends in .json"),
        _ => (is_javascript_type(&essence), "text/javascript: as a file it ends in .js or .mjs"),
    };
    if !is_fit {
        let shown = if essence.is_empty() { "no type" } else { &essence };
        return Err(failed(address, format!("{address} is {shown}, a module must be {wanted}"), context));
    }
    let window = Window::of(context);
    let room = window.scripts.modules.add_bytes(response.body.len());
    room.map_err(|problem| failed(address, problem, context))?;
    let text = decode_script(&response.body, None, None, encoding_rs::UTF_8);
    let mut url = response.url.clone();
    url.set_fragment(None);
    let file = response.file.as_ref().map(|path| path.to_string_lossy().into_owned());
    Sources::of(context).add(url.as_str(), &text, file);
    match key {
        Key::Json(_) => Modules::of(context).add_json(&text, url.as_str(), context),
        _ => {
            let code = Code { text: &text, url: url.as_str(), line: 1, column: 1 };
            Modules::of(context).add_script(&code, context)
        }
    }
}

/// [JSON MIME type](https://mimesniff.spec.whatwg.org/#json-mime-type)
fn is_json_type(essence: &str) -> bool {
    matches!(essence, "application/json" | "text/json") || essence.ends_with("+json")
}

fn failed(address: &str, message: String, context: &mut Context) -> Failure {
    let fault = Fault::Load { url: address.to_owned(), message: message.clone(), file: None };
    Window::of(context).event_loop.emit(Output::Fault(fault));
    Failure::Load(message)
}

/// `import()`, for a promise's functions.
fn import(import: &Import, functions: ResolvingFunctions, context: &mut Context) -> JsResult<()> {
    let import = import.clone();
    let key = match resolve(&import, context) {
        Ok(key) => key,
        Err(error) => return reject(&functions, thrown(error, &import, None, context), &import, context),
    };
    let on_loaded: OnLoaded = Box::new(move |loaded, context| match loaded {
        Ok(node) => {
            let modules = Modules::of(context);
            let on_run = Box::new(move |result: JsResult<()>, context: &mut Context| {
                let settled = match result {
                    Ok(()) => {
                        let namespace = Modules::of(context).namespace(node, context);
                        functions.resolve.call(&JsValue::undefined(), &[namespace.into()], context).map(|_| ())
                    }
                    Err(error) => match error.into_opaque(context) {
                        Ok(reason) => reject(&functions, Failure::Thrown(reason), &import, context),
                        Err(error) => Err(error),
                    },
                };
                report(settled, context);
            });
            modules.evaluate(node, on_run, context);
        }
        Err(failure) => {
            let settled = reject(&functions, failure, &import, context);
            report(settled, context);
        }
    });
    load(key, on_loaded, context);
    Ok(())
}

/// Only a turn that is cut short keeps a promise from being settled.
fn report(settled: JsResult<()>, context: &mut Context) {
    if let Err(error) = settled {
        Window::of(context).event_loop.report(&error, context);
    }
}

fn reject(functions: &ResolvingFunctions, failure: Failure, import: &Import, context: &mut Context) -> JsResult<()> {
    let failure = match failure {
        Failure::Load(problem) => {
            let message = format!("Failed to fetch dynamically imported module \"{}\": {problem}", import.specifier);
            thrown(type_error(&message), import, None, context)
        }
        other => other,
    };
    let reason = match failure {
        Failure::Parse(_, reason) | Failure::Thrown(reason) => reason,
        Failure::Load(problem) => string(&problem),
    };
    functions.reject.call(&JsValue::undefined(), &[reason], context).map(|_| ())
}

/// The address of the module whose `import.meta.resolve` it is.
#[derive(Clone, Trace, Finalize)]
struct Referrer(String);

/// Fills an `import.meta` ([HostGetImportMetaProperties](https://html.spec.whatwg.org/#hostgetimportmetaproperties)).
fn meta(target: &JsObject, address: &str, context: &mut Context) {
    let url = base_of(address, &Window::of(context));
    let resolve = NativeFunction::from_copy_closure_with_captures(
        |_, args, referrer: &Referrer, context| {
            let specifier = text(args, 0, context)?;
            resolve_url(&specifier, &referrer.0, &Window::of(context)).map(|url| string(url.as_str()))
        },
        Referrer(address.to_owned()),
    );
    let resolve = FunctionObjectBuilder::new(context.realm(), resolve).name(js_string!("resolve")).length(1).build();
    // A new object takes any property.
    let _ = target.set(js_string!("url"), JsString::from(url.as_str()), false, context);
    let _ = target.set(js_string!("resolve"), resolve, false, context);
}

/// Gives the engine's modules a document.
///
/// # Errors
/// None.
pub fn install_modules(context: &mut Context) -> JsResult<()> {
    Modules::of(context).set_host(Host { resolve, import, meta });
    Ok(())
}
