//! What somebody who looks at a page is shown; nothing of the page runs for it.

use crate::base::limits::mirror::{MIRROR_STORAGE_BYTES_MAX, MIRROR_VIEWERS_MAX};
use crate::dom::mirror::Mirror;
use crate::webapi::focus;
use crate::webapi::window::Window;
use crate::webapi::world::StorageMap;

use super::driver::{Look, Looked, Storage};
use super::selector;

/// What each viewer was shown; who looked longest ago is first.
#[derive(Default)]
pub(super) struct Viewers(Vec<(u64, Mirror)>);

impl Viewers {
    /// Looks; nothing where what is asked for is not there.
    pub(super) fn look(&mut self, look: Look, window: &Window) -> Option<Looked> {
        match look {
            Look::Changes(viewer) => {
                let mut mirror = self.take(viewer).unwrap_or_default();
                let (base, focused) = (window.base_url(), focus::focused(window));
                let view = mirror.look(&window.document, base.as_str(), focused.as_ref());
                if self.0.len() >= MIRROR_VIEWERS_MAX {
                    self.0.remove(0);
                }
                self.0.push((viewer, mirror));
                Some(Looked::View(view))
            }
            Look::Forget(viewer) => {
                self.take(viewer);
                Some(Looked::Forgotten)
            }
            Look::Selector(viewer, id) => {
                let (_, mirror) = self.0.iter().find(|(known, _)| *known == viewer)?;
                let node = mirror.node(&window.document, id)?;
                selector::of(&window.document, &node).map(Looked::Selector)
            }
            Look::Storage => Some(Looked::Storage(storage(window))),
        }
    }

    /// Nobody looks any more.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn take(&mut self, viewer: u64) -> Option<Mirror> {
        let at = self.0.iter().position(|(known, _)| *known == viewer)?;
        Some(self.0.remove(at).1)
    }
}

fn storage(window: &Window) -> Storage {
    let origin = window.origin();
    let mut is_cut = false;
    let mut items = |map: Option<&StorageMap>| {
        let mut left = MIRROR_STORAGE_BYTES_MAX;
        let mut shown = Vec::new();
        for (key, value) in map.iter().flat_map(|map| map.borrow().clone()) {
            let Some(rest) = left.checked_sub(key.len() + value.len()) else {
                is_cut = true;
                break;
            };
            left = rest;
            shown.push((key, value));
        }
        shown
    };
    let local = items(window.world.local.borrow().get(&origin));
    let session = items(window.world.session.borrow().get(&origin));
    let now = window.event_loop.clock().now();
    let mut cookies = window.world.cookies.get_for_script(&window.url.borrow(), now);
    if cookies.len() > MIRROR_STORAGE_BYTES_MAX {
        cookies.truncate(cookies.floor_char_boundary(MIRROR_STORAGE_BYTES_MAX));
        is_cut = true;
    }
    Storage { origin, local, session, cookies, is_cut }
}
