//! Items in memory.

use std::collections::{BTreeMap, BTreeSet};

use lgx_model::item::{ANY_LABEL, Item, ItemOutcome, Namespace};
use lgx_model::query::Page;
use lgx_model::{FoundItem, JsonObject, Timestamp};
use lgx_store::items::{ItemOperation, ListNamespaces, NewItem, PerformedItems, SearchItems};

use super::{after, page_of};

type Name = (Namespace, String);

#[derive(Clone)]
struct KeptItem {
    sequence: u64,
    new: NewItem,
    created_at: Timestamp,
    updated_at: Timestamp,
    expires_at: Option<Timestamp>,
}

impl KeptItem {
    fn item(&self) -> Item {
        Item {
            namespace: self.new.namespace.clone(),
            key: self.new.key.clone(),
            value: self.new.value.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// Items by their names.
#[derive(Default)]
pub(super) struct Items(BTreeMap<Name, KeptItem>);

fn starts_with(namespace: &Namespace, pattern: &Namespace) -> bool {
    namespace.len() >= pattern.len() && fits(&namespace[..pattern.len()], pattern)
}

fn ends_with(namespace: &Namespace, pattern: &Namespace) -> bool {
    namespace.len() >= pattern.len() && fits(&namespace[namespace.len() - pattern.len()..], pattern)
}

fn fits(labels: &[String], pattern: &[String]) -> bool {
    labels
        .iter()
        .zip(pattern)
        .all(|(label, wanted)| wanted == ANY_LABEL || label == wanted)
}

impl Items {
    /// What a batch answers: first what reads it, then what it writes. Nothing if it asks what is near, which the model does not know.
    pub(super) fn perform(
        &mut self,
        operations: &[ItemOperation],
        now: Timestamp,
        sequence: &mut u64,
    ) -> Option<PerformedItems> {
        let mut refreshed: Vec<Name> = Vec::new();
        let mut outcomes = Some(Vec::new());
        for operation in operations {
            let outcome = match operation {
                ItemOperation::Get {
                    namespace,
                    key,
                    refresh,
                } => {
                    let name = (namespace.clone(), key.clone());
                    let kept = self.0.get(&name).filter(|kept| !kept.has_expired(now));
                    refreshed.extend(kept.filter(|_| *refresh).map(|_| name));
                    Some(ItemOutcome::Item(kept.map(KeptItem::item)))
                }
                ItemOperation::Search { search, refresh } => {
                    let found = self.found(search, now);
                    if let Some(found) = found.as_ref().filter(|_| *refresh) {
                        refreshed.extend(found.iter().map(name_of));
                    }
                    found.map(ItemOutcome::Items)
                }
                ItemOperation::ListNamespaces(query) => {
                    Some(ItemOutcome::Namespaces(self.namespaces(query, now)))
                }
                ItemOperation::Put(_) | ItemOperation::Delete { .. } => Some(ItemOutcome::Done),
            };
            outcomes = outcomes.zip(outcome).map(|(mut outcomes, outcome)| {
                outcomes.push(outcome);
                outcomes
            });
        }
        let expiring = self.expiring(refreshed);
        for operation in operations {
            match operation {
                ItemOperation::Put(new) => self.put(new, now, sequence),
                ItemOperation::Delete { namespace, key } => {
                    self.0.remove(&(namespace.clone(), key.clone()));
                }
                _ => {}
            }
        }
        self.refresh(&expiring, now);
        Some(PerformedItems {
            outcomes: outcomes?,
            more: false,
        })
    }

    /// Which of these live for a limited time, and their places: one that is put anew in another place is another one.
    fn expiring(&self, names: Vec<Name>) -> Vec<(Name, u64)> {
        let kept = names.into_iter().filter_map(|name| {
            let kept = self.0.get(&name)?;
            kept.new.ttl_minutes?;
            Some((name, kept.sequence))
        });
        kept.collect()
    }

    fn refresh(&mut self, expiring: &[(Name, u64)], now: Timestamp) {
        for (name, sequence) in expiring {
            let kept = self.0.get_mut(name);
            if let Some(kept) = kept.filter(|kept| kept.sequence == *sequence) {
                kept.expires_at = kept.new.ttl_minutes.map(|minutes| after(now, minutes));
            }
        }
    }

    fn put(&mut self, new: &NewItem, now: Timestamp, sequence: &mut u64) {
        let name = (new.namespace.clone(), new.key.clone());
        let present = self.0.get(&name).filter(|kept| !kept.has_expired(now));
        *sequence += 1;
        let kept = KeptItem {
            sequence: present.map_or(*sequence, |kept| kept.sequence),
            created_at: present.map_or(now, |kept| kept.created_at),
            updated_at: now,
            expires_at: new.ttl_minutes.map(|minutes| after(now, minutes)),
            new: new.clone(),
        };
        self.0.insert(name, kept);
    }

    /// The items that match; nothing if it is about what is near.
    fn found(&self, search: &SearchItems, now: Timestamp) -> Option<Vec<FoundItem>> {
        if search.near.is_some() {
            return None;
        }
        let matches = |kept: &&KeptItem| {
            let value: JsonObject = serde_json::from_str(kept.new.value.get()).unwrap();
            kept.new.namespace.starts_with(&search.prefix)
                && !kept.has_expired(now)
                && search.filter.matches(&value)
        };
        let mut found: Vec<&KeptItem> = self.0.values().filter(matches).collect();
        found.sort_by_key(|kept| kept.sequence);
        let page = Page {
            limit: search.limit.try_into().unwrap(),
            offset: search.offset,
        };
        let found = found.into_iter().map(|kept| FoundItem {
            item: kept.item(),
            score: None,
        });
        Some(page_of(found.collect(), page))
    }

    pub(super) fn search(
        &mut self,
        search: &SearchItems,
        refresh: bool,
        now: Timestamp,
    ) -> Option<Vec<FoundItem>> {
        let found = self.found(search, now)?;
        if refresh {
            let expiring = self.expiring(found.iter().map(name_of).collect());
            self.refresh(&expiring, now);
        }
        Some(found)
    }

    fn namespaces(&self, query: &ListNamespaces, now: Timestamp) -> Vec<Namespace> {
        let alive = self.0.values().filter(|kept| !kept.has_expired(now));
        let namespaces = alive.map(|kept| kept.new.namespace.clone());
        let matching = namespaces.filter(|namespace| {
            query
                .prefixes
                .iter()
                .all(|pattern| starts_with(namespace, pattern))
                && query
                    .suffixes
                    .iter()
                    .all(|pattern| ends_with(namespace, pattern))
        });
        let cut: BTreeSet<Namespace> = matching
            .map(|mut namespace| {
                namespace.truncate(query.max_depth.unwrap_or(usize::MAX));
                namespace
            })
            .collect();
        let page = Page {
            limit: query.limit.try_into().unwrap(),
            offset: query.offset,
        };
        page_of(cut.into_iter().collect(), page)
    }

    pub(super) fn expire(&mut self, now: Timestamp) -> usize {
        let before = self.0.len();
        self.0.retain(|_, kept| !kept.has_expired(now));
        before - self.0.len()
    }

    pub(super) fn next_expiry(&self) -> Option<Timestamp> {
        self.0.values().filter_map(|kept| kept.expires_at).min()
    }
}

fn name_of(found: &FoundItem) -> Name {
    (found.item.namespace.clone(), found.item.key.clone())
}
