//! The memory of `head.random` that discards repeated calls (plugin-apis.md §1.2).

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::base::limits::RANDOMS_REMEMBERED;

/// The `head.random` values of one document, the last [`RANDOMS_REMEMBERED`] of them. A load, reload, navigation or fork
/// starts with a new one, since pages count from zero.
#[derive(Clone, Debug, Default)]
pub struct Randoms {
    order: VecDeque<Arc<str>>,
    known: HashSet<Arc<str>>,
}

impl Randoms {
    /// Takes note of a valid call's `random`. `false` where an earlier call had the same: a duplicate.
    pub fn use_up(&mut self, random: &str) -> bool {
        if self.known.contains(random) {
            return false;
        }
        if self.order.len() == RANDOMS_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        let random: Arc<str> = Arc::from(random);
        self.order.push_back(random.clone());
        self.known.insert(random);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_as_many_as_promised_and_no_more() {
        let mut randoms = Randoms::default();
        for random in 0..RANDOMS_REMEMBERED {
            assert!(randoms.use_up(&random.to_string()));
        }
        assert!(!randoms.use_up("0"), "the oldest of the last {RANDOMS_REMEMBERED} is still known");
        assert!(randoms.use_up("one more"));
        assert!(randoms.use_up("0"), "forgotten now");
        assert_eq!(randoms.order.len(), RANDOMS_REMEMBERED);
        assert_eq!(randoms.known.len(), RANDOMS_REMEMBERED);
    }
}
