//! Pages of another version in place of those that are open: they are loaded beside them, told whose turn it is, and take over
//! where they load as well as those did. Else those that are open stay.

use std::sync::Arc;

use super::super::tab::{Stand, Tab};
use super::{Conversation, turned_to};
use crate::base::clock::TimestampMs;
use crate::config::Dialect;
use crate::event::{Fault, Line};
use crate::store::StoreError;

/// What is wrong with a page that was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The plugin.
    pub plugin: String,
    /// What, and where.
    pub text: String,
    /// The lines of code around it.
    pub frame: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// Whether the pages of the other version are there now.
    pub has_taken_over: bool,
    /// What is wrong with them.
    pub problems: Vec<Problem>,
}

impl Conversation {
    /// Loads its pages; what is wrong with them. `before`: the pages whose place they are to take.
    pub fn load_all(&mut self, before: Option<&Self>, now: &dyn Fn() -> TimestampMs) -> Vec<(Problem, bool)> {
        let mut problems = Vec::new();
        let house = self.house.clone();
        for (at, resident) in house.residents.iter().enumerate() {
            if matches!(self.tabs[at], Stand::Elsewhere) {
                continue;
            }
            let plugin = &resident.plugin.name;
            let before = before.and_then(|before| before.tab(plugin));
            match self.load(resident, now()) {
                Ok(tab) => {
                    let faults = tab.load_faults.iter().filter(|fault| is_broken_by(fault));
                    problems.extend(faults.map(|fault| {
                        let is_known =
                            before.is_some_and(|before| before.load_faults.iter().any(|old| is_like(old, fault)));
                        (problem(plugin, fault), !is_known)
                    }));
                    self.ledger.refresh(&resident.name);
                    self.tabs[at] = Stand::Up(Box::new(tab));
                }
                Err(error) => {
                    let problem = Problem { plugin: plugin.clone(), text: error.to_string(), frame: None };
                    problems.push((problem, true));
                }
            }
        }
        problems
    }

    /// Its pages that load take their places.
    pub fn take_over(&mut self) {
        (0..self.tabs.len()).for_each(|at| self.arrive(at));
    }

    /// Whether a page of it is open.
    pub fn has_pages(&self) -> bool {
        self.up().next().is_some()
    }

    /// The customer whose turn it is, else for whom it was opened.
    pub fn customer(&self) -> Arc<str> {
        self.up().find_map(|tab| tab.turned_to.clone()).unwrap_or_else(|| self.openid.clone())
    }

    /// Tells its pages whose turn it was at those before, which does again what was done.
    ///
    /// # Errors
    /// [`StoreError`]: the host is to stop.
    pub fn tell_again(&mut self, before: &Self, id: &str, now: TimestampMs) -> Result<(), StoreError> {
        let house = self.house.clone();
        for (at, resident) in house.residents.iter().enumerate() {
            let Some(before) = before.tab(&resident.plugin.name) else { continue };
            let (openid, knows_by) = (before.turned_to.clone(), before.knows_by.clone());
            let Some(tab) = self.tabs[at].up_mut() else { continue };
            let Some(openid) = openid else { continue };
            let told: Vec<Dialect> = knows_by.into_iter().filter(|dialect| resident.plugin.hears(*dialect)).collect();
            (tab.turned_to, tab.knows_by) = (Some(openid.clone()), told.clone());
            let line = |dialect: &Dialect| turned_to(*dialect, &openid, "duoke", id);
            let lines: Vec<Line> = told.iter().map(line).collect();
            self.repeat(at, &lines, now)?;
        }
        Ok(())
    }

    fn tab(&self, plugin: &str) -> Option<&Tab> {
        let at = self.house.residents.iter().position(|resident| resident.plugin.name == plugin)?;
        self.tabs[at].up()
    }
}

/// A request that failed is no fault of the version.
fn is_broken_by(fault: &Fault) -> bool {
    !matches!(fault, Fault::Network { .. } | Fault::Selector { .. })
}

fn is_like(one: &Fault, other: &Fault) -> bool {
    (one.type_name(), one.message()) == (other.type_name(), other.message())
}

fn problem(plugin: &str, fault: &Fault) -> Problem {
    let place = fault.place();
    let at = place.filter(|place| place.line > 0).map(|place| {
        let file = place.file.as_deref().unwrap_or(&place.url);
        format!(" at {file}:{}:{}", place.line, place.column)
    });
    Problem {
        plugin: plugin.to_owned(),
        text: format!("{}: {}{}", fault.type_name(), fault.message(), at.unwrap_or_default()),
        frame: place.map(|place| place.frame.clone()).filter(|frame| !frame.is_empty()),
    }
}
