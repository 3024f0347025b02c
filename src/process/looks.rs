//! Who looks at a page, and what it may answer him.

use crate::base::limits::mirror::{MIRROR_SELECTOR_BYTES_MAX, MIRROR_STORAGE_BYTES_MAX, MIRROR_VIEWERS_MAX};
use crate::dom::mirror::Shape;
use crate::page::{Look, Looked, Storage};

/// The viewers of a page, as far as the page remembers them; who looked longest ago is first.
#[derive(Debug, Default)]
pub(super) struct Looks(Vec<(u64, Shape)>);

impl Looks {
    /// Whether a page may answer this, whatever it was shown as before.
    pub(super) fn allow(&mut self, look: Look, looked: Option<&Looked>) -> bool {
        match (look, looked) {
            (Look::Changes(viewer), Some(Looked::View(view))) => {
                let mut shape = self.take(viewer);
                let is_allowed = shape.admit(view);
                if self.0.len() >= MIRROR_VIEWERS_MAX {
                    self.0.remove(0);
                }
                self.0.push((viewer, shape));
                is_allowed
            }
            (Look::Forget(viewer), Some(Looked::Forgotten)) => {
                self.take(viewer);
                true
            }
            (Look::Selector(..), Some(Looked::Selector(selector))) => selector.len() <= MIRROR_SELECTOR_BYTES_MAX,
            (Look::Storage, Some(Looked::Storage(storage))) => is_short(storage),
            (_, None) => true,
            _ => false,
        }
    }

    fn take(&mut self, viewer: u64) -> Shape {
        let at = self.0.iter().position(|(known, _)| *known == viewer);
        at.map(|at| self.0.remove(at).1).unwrap_or_default()
    }
}

fn is_short(storage: &Storage) -> bool {
    let bytes = |items: &[(String, String)]| items.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    let Storage { origin, local, session, cookies, .. } = storage;
    [bytes(local), bytes(session), cookies.len(), origin.len()].iter().all(|bytes| *bytes <= MIRROR_STORAGE_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom::mirror::{Change, Origin, View};

    #[test]
    fn answers_fit_what_was_asked_and_what_was_shown() {
        let mut looks = Looks::default();
        let whole = Looked::View(View { document: Some(Origin::default()), ..View::default() });
        let going = Looked::View(View { changes: vec![Change::Remove { id: 7 }], ..View::default() });
        let nothing = Looked::View(View::default());
        assert!(!looks.allow(Look::Changes(1), Some(&nothing)), "all of it comes first");
        assert!(looks.allow(Look::Changes(1), Some(&whole)) && looks.allow(Look::Changes(1), Some(&nothing)));
        assert!(!looks.allow(Look::Changes(1), Some(&going)), "nobody was shown 7");
        assert!(!looks.allow(Look::Storage, Some(&nothing)) && !looks.allow(Look::Selector(1, 1), Some(&whole)));
        let long = Looked::Selector("x".repeat(MIRROR_SELECTOR_BYTES_MAX + 1));
        assert!(!looks.allow(Look::Selector(1, 1), Some(&long)) && looks.allow(Look::Selector(1, 1), None));
        let local = vec![("k".to_owned(), "x".repeat(MIRROR_STORAGE_BYTES_MAX))];
        assert!(!looks.allow(Look::Storage, Some(&Looked::Storage(Storage { local, ..Storage::default() }))));
        assert!(looks.allow(Look::Storage, Some(&Looked::Storage(Storage::default()))));
        for viewer in 2..2 + MIRROR_VIEWERS_MAX as u64 {
            assert!(looks.allow(Look::Changes(viewer), Some(&whole)));
        }
        assert!(!looks.allow(Look::Changes(1), Some(&nothing)), "the oldest is forgotten");
    }
}
