//! What a page gave out and nobody has taken yet: a whole turn's, or where somebody waits for it, what its last tasks
//! did.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::event_loop::{Emission, Output};

/// Takes what finished tasks did, while the turn goes on.
pub type Outlet = Rc<dyn Fn(Vec<Emission>)>;

/// What waits to be taken.
#[derive(Default)]
pub(super) struct Emitted {
    waiting: RefCell<Vec<Emission>>,
    has_effect: Cell<bool>,
    outlet: RefCell<Option<Outlet>>,
}

impl Emitted {
    pub(super) fn set_outlet(&self, outlet: Outlet) {
        *self.outlet.borrow_mut() = Some(outlet);
    }

    pub(super) fn push(&self, emission: Emission) {
        self.has_effect.set(self.has_effect.get() || matches!(emission.output, Output::Effect(_)));
        self.waiting.borrow_mut().push(emission);
    }

    pub(super) fn take(&self) -> Vec<Emission> {
        self.has_effect.set(false);
        self.waiting.take()
    }

    /// Hands over what waits. What only people read waits for the turn's end, or for an effect.
    pub(super) fn pass_on(&self) {
        if !self.has_effect.get() {
            return;
        }
        let outlet = self.outlet.borrow().clone();
        if let Some(outlet) = outlet {
            outlet(self.take());
        }
    }
}
