//! `localStorage` as it outlives a page: what it holds is known from the page's effects.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::effect::{Effect, StorageArea, StorageChange};
use crate::base::limits::{STORAGE_BYTES_MAX, STORAGE_ITEM_BYTES, STORAGE_KEPT_BYTES_MAX};

/// The items of one origin, in order of insertion: what `key(n)` counts.
#[derive(Clone, Debug, Default)]
struct Area {
    items: IndexMap<String, String>,
    /// Of all keys and values, as the page counts them.
    bytes: usize,
}

/// What one page keeps in `localStorage`: origin, then keys and values in order of insertion. Serialized it is a map of
/// maps. It takes no more of an origin than the page's own quota lets it, and of all no more than
/// [`STORAGE_KEPT_BYTES_MAX`]; an item that does not fit is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalStorage {
    areas: IndexMap<String, Area>,
    bytes: usize,
}

impl PartialEq for Area {
    /// Pages see the order.
    fn eq(&self, other: &Self) -> bool {
        self.items.iter().eq(other.items.iter())
    }
}

impl Eq for Area {}

impl LocalStorage {
    /// Whether there is no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// The origins that have items, with these.
    pub fn origins(&self) -> impl Iterator<Item = (&str, &IndexMap<String, String>)> {
        self.areas.iter().map(|(origin, area)| (origin.as_str(), &area.items))
    }

    /// Follows a change that a page made; whether it was one. Other effects are none, nor are changes of
    /// `sessionStorage`, which ends with the page.
    pub fn apply(&mut self, effect: &Effect) -> bool {
        let Effect::Storage { origin, area: StorageArea::Local, change } = effect else { return false };
        match change {
            StorageChange::Set { key, value } => self.set(origin, key, value),
            StorageChange::Remove { key } => self.remove(origin, key),
            StorageChange::Clear => {
                let keys: Vec<String> =
                    self.areas.get(origin).map(|area| area.items.keys().cloned().collect()).unwrap_or_default();
                keys.iter().for_each(|key| self.remove(origin, key));
            }
        }
        true
    }

    /// Sets an item; one that was there keeps its place.
    pub fn set(&mut self, origin: &str, key: &str, value: &str) {
        let area = self.areas.get(origin);
        let old = area.and_then(|area| area.items.get(key)).map(|old| key.len() + old.len());
        let new = key.len() + value.len();
        let in_area = area.map_or(0, |area| area.bytes) - old.unwrap_or(0) + new;
        let opened = if area.is_none() { weight(origin.len()) } else { 0 };
        let in_all = self.bytes - old.map_or(0, weight) + weight(new) + opened;
        if in_area > STORAGE_BYTES_MAX || in_all > STORAGE_KEPT_BYTES_MAX {
            // Rather none than one that the page has replaced.
            return self.remove(origin, key);
        }
        let area = self.areas.entry(origin.to_owned()).or_default();
        area.items.insert(key.to_owned(), value.to_owned());
        (area.bytes, self.bytes) = (in_area, in_all);
    }

    fn remove(&mut self, origin: &str, key: &str) {
        let Some(area) = self.areas.get_mut(origin) else { return };
        let Some(old) = area.items.shift_remove(key) else { return };
        area.bytes -= key.len() + old.len();
        self.bytes -= weight(key.len() + old.len());
        if area.items.is_empty() {
            self.areas.shift_remove(origin);
            self.bytes -= weight(origin.len());
        }
    }
}

/// What so many bytes of text take.
fn weight(text_bytes: usize) -> usize {
    STORAGE_ITEM_BYTES + text_bytes
}

impl Serialize for LocalStorage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.areas.iter().map(|(origin, area)| (origin, Items(&area.items))))
    }
}

struct Items<'a>(&'a IndexMap<String, String>);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0)
    }
}

impl<'de> Deserialize<'de> for LocalStorage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Origins)
    }
}

struct Origins;

impl<'de> Visitor<'de> for Origins {
    type Value = LocalStorage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("items by origin")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LocalStorage, A::Error> {
        let mut storage = LocalStorage::default();
        while let Some((origin, Pairs(items))) = map.next_entry::<String, Pairs>()? {
            items.iter().for_each(|(key, value)| storage.set(&origin, key, value));
        }
        Ok(storage)
    }
}

/// The items of an origin as they are read.
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys and values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const ORIGIN: &str = "http://demo.plugin.invalid";

    fn change(area: StorageArea, change: StorageChange) -> Effect {
        Effect::Storage { origin: ORIGIN.to_owned(), area, change }
    }

    fn set(key: &str, value: &str) -> Effect {
        change(StorageArea::Local, StorageChange::Set { key: key.to_owned(), value: value.to_owned() })
    }

    fn remove(key: &str) -> Effect {
        change(StorageArea::Local, StorageChange::Remove { key: key.to_owned() })
    }

    fn after(effects: &[Effect]) -> LocalStorage {
        let mut storage = LocalStorage::default();
        for effect in effects {
            storage.apply(effect);
        }
        storage
    }

    fn json(storage: &LocalStorage) -> String {
        serde_json::to_string(storage).unwrap()
    }

    #[test]
    fn it_follows_the_page() {
        let storage = after(&[set("b", "1"), set("a", "2"), set("b", "3"), remove("none"), set("c", ""), remove("c")]);
        assert_eq!(json(&storage), r#"{"http://demo.plugin.invalid":{"b":"3","a":"2"}}"#);
        let cleared = after(&[set("b", "1"), set("a", "2"), change(StorageArea::Local, StorageChange::Clear)]);
        assert!(cleared.is_empty() && cleared == LocalStorage::default());
        let session = StorageChange::Set { key: "a".to_owned(), value: "1".to_owned() };
        assert!(!LocalStorage::default().apply(&change(StorageArea::Session, session)));
        assert!(!LocalStorage::default().apply(&Effect::Title { title: "a".to_owned() }));
        assert!(LocalStorage::default().apply(&set("a", "1")));
    }

    #[test]
    fn the_order_counts() {
        let (one, other) = (after(&[set("a", "1"), set("b", "2")]), after(&[set("b", "2"), set("a", "1")]));
        assert_ne!(one, other);
        assert_eq!(one, after(&[set("a", "0"), set("b", "2"), set("a", "1")]));
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let mut storage = after(&[set("b", "您"), set("a", "\"")]);
        storage.set("https://crm.example", "k", "v");
        let read: LocalStorage = serde_json::from_str(&json(&storage)).unwrap();
        assert_eq!((json(&read), &read), (json(&storage), &storage));
        let bytes = rmp_serde::to_vec(&storage).unwrap();
        assert_eq!(rmp_serde::from_slice::<LocalStorage>(&bytes).unwrap(), storage);
        assert!(serde_json::from_str::<LocalStorage>("[]").is_err());
    }

    #[test]
    fn what_does_not_fit_is_not_kept() {
        let half = "x".repeat(STORAGE_BYTES_MAX / 2);
        let storage = after(&[set("a", &half), set("b", "1"), set("b", &format!("{half}x"))]);
        assert_eq!(storage.origins().map(|(_, items)| items.len()).collect::<Vec<_>>(), [1]);
        let mut storage = after(&[set("a", &half), set("b", &half[2..])]);
        assert_eq!(storage.origins().next().unwrap().1.len(), 2);
        storage.apply(&set("c", ""));
        assert_eq!(storage.origins().next().unwrap().1.len(), 2, "a key counts as well");

        let mut full = LocalStorage::default();
        for number in 0..100 {
            full.set(&format!("http://{number}.test"), "key", &half);
        }
        assert_eq!(full.origins().count(), STORAGE_KEPT_BYTES_MAX / (STORAGE_BYTES_MAX / 2 + 1));
        let mut small = LocalStorage::default();
        for number in 0..STORAGE_KEPT_BYTES_MAX / STORAGE_ITEM_BYTES {
            small.set(ORIGIN, &number.to_string(), "");
        }
        assert!(small.origins().next().unwrap().1.len() < STORAGE_KEPT_BYTES_MAX / STORAGE_ITEM_BYTES);
    }

    proptest! {
        #[test]
        fn what_is_counted_is_what_is_there(
            changes in prop::collection::vec((0..3_usize, "[a-c]{0,2}", "[x您]{0,3}", 0..4_usize), 0..40),
        ) {
            let mut storage = LocalStorage::default();
            let mut model: BTreeMap<(usize, String), String> = BTreeMap::new();
            for (origin, key, value, kind) in changes {
                let change = match kind {
                    0 => StorageChange::Remove { key: key.clone() },
                    1 if key.is_empty() => StorageChange::Clear,
                    _ => StorageChange::Set { key: key.clone(), value: value.clone() },
                };
                match &change {
                    StorageChange::Remove { .. } => drop(model.remove(&(origin, key))),
                    StorageChange::Clear => model.retain(|(of, _), _| *of != origin),
                    StorageChange::Set { .. } => drop(model.insert((origin, key), value)),
                }
                let origin = origin.to_string();
                storage.apply(&Effect::Storage { origin, area: StorageArea::Local, change });
            }
            let found: BTreeMap<(usize, String), String> = storage
                .origins()
                .flat_map(|(origin, items)| items.iter().map(move |(key, value)| (origin, key, value)))
                .map(|(origin, key, value)| ((origin.parse().unwrap(), key.clone()), value.clone()))
                .collect();
            let items: usize = model.iter().map(|((_, key), value)| weight(key.len() + value.len())).sum();
            let origins = model.keys().map(|(origin, _)| *origin).collect::<std::collections::BTreeSet<_>>();
            prop_assert_eq!(storage.bytes, items + origins.len() * weight(1));
            prop_assert_eq!(found, model);
        }
    }
}
