//! Pushes of the last while, so that one that WeChat delivers again is handled once.
//!
//! They are remembered in memory: after a restart a push may come in once more, with the same id, by which a store knows
//! it again.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use crate::base::{
    clock::TimestampMs,
    limits::{PUSH_REMEMBERED_MS, PUSHES_REMEMBERED},
};
use crate::wechat::push::PushKey;

/// What became of a push: set once it was taken in. Who comes while that is under way waits for it; after an error the
/// next one tries.
pub(super) type Fate = Arc<OnceCell<()>>;

/// The last pushes; past a number or an age the oldest go.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    fates: HashMap<PushKey, Fate>,
    order: VecDeque<(TimestampMs, PushKey)>,
}

impl Recent {
    /// What became of the push with this key.
    pub(super) fn fate(&self, key: PushKey, now: TimestampMs) -> Fate {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.forget(now);
        if let Some(fate) = known.fates.get(&key) {
            return fate.clone();
        }
        let fate = Fate::default();
        known.fates.insert(key.clone(), fate.clone());
        known.order.push_back((now, key));
        fate
    }
}

impl Known {
    fn forget(&mut self, now: TimestampMs) {
        while let Some((since, _)) = self.order.front()
            && (self.order.len() >= PUSHES_REMEMBERED || now.saturating_sub(*since) > PUSH_REMEMBERED_MS)
            && let Some((_, key)) = self.order.pop_front()
        {
            self.fates.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::push::{Push, parse_json};

    fn key(id: usize) -> PushKey {
        let body = format!(r#"{{"ToUserName":"a","FromUserName":"b","CreateTime":1,"MsgType":"text","MsgId":{id}}}"#);
        Push::new(parse_json(body.as_bytes()).expect("JSON")).expect("a push").key()
    }

    #[test]
    fn past_an_age_or_a_number_pushes_are_forgotten() {
        let recent = Recent::default();
        let first = recent.fate(key(0), 0);
        assert!(Arc::ptr_eq(&first, &recent.fate(key(0), PUSH_REMEMBERED_MS)));
        assert!(!Arc::ptr_eq(&first, &recent.fate(key(0), PUSH_REMEMBERED_MS + 1)));
        for id in 1..=PUSHES_REMEMBERED {
            recent.fate(key(id), PUSH_REMEMBERED_MS + 1);
        }
        let known = recent.0.lock().expect("whole");
        assert_eq!((known.fates.len(), known.order.len()), (PUSHES_REMEMBERED, PUSHES_REMEMBERED));
        assert!(!known.fates.contains_key(&key(0)));
    }
}
