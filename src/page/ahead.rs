//! Compiling a document's scripts before it is opened, for the pages that are forked from this one.

use super::load::LoadError;
use super::turn::Page;
use crate::dom::Node;
use crate::dom::document::DocumentData;
use crate::dom::parse::DocumentParser;
use crate::engine::compiled::{Ahead, Compiled};
use crate::engine::script::Code;
use crate::webapi::speculative::{self, Script};

impl Page {
    /// Fetches the document of a blank page and the scripts written in it, and compiles these. Nothing runs. How many
    /// are ready; a script that cannot be had, or that others would have to know of, is left for later.
    ///
    /// # Errors
    /// [`LoadError`]: there is no document, or the engine could not be set up.
    pub fn compile_ahead(&mut self) -> Result<usize, LoadError> {
        let fetched = self.fetch_source()?;
        let document = Node::document(DocumentData::new(fetched.kind));
        let parser = DocumentParser::new(&document, fetched.text.clone());
        let window = self.make_window(&fetched.url, fetched.encoding, document);
        let scripts = speculative::scripts(&parser, &window);
        let ready = self.compile(&scripts)?;
        if ready.len() == scripts.len() {
            return Ok(ready.len());
        }
        // The context knows names now that no script has declared yet: another one takes its place.
        self.blank = Some(self.make_context()?);
        Ok(self.compile(&ready)?.len())
    }

    /// Compiles scripts into the blank context; those that are ready. One that declares global names spoils the context
    /// for the ones behind it, but they are told apart all the same.
    fn compile(&mut self, scripts: &[Script]) -> Result<Vec<Script>, LoadError> {
        let mut ready = Vec::new();
        for script in scripts {
            if self.blank.is_none() {
                self.blank = Some(self.make_context()?);
            }
            let Some(context) = &mut self.blank else { break };
            let code = Code { text: &script.text, url: &script.url, line: script.line, column: script.column };
            match Compiled::add(&code, context) {
                Ahead::Ready => ready.push(script.clone()),
                Ahead::Broken => {}
                Ahead::Declares => self.blank = None,
            }
        }
        Ok(ready)
    }

    /// How many of the document's scripts were compiled ahead and run.
    #[must_use]
    pub fn compiled_ahead(&self) -> usize {
        self.context.as_ref().map_or(0, Compiled::used)
    }
}
