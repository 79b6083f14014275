//! What a batch of operations on items reads, and how far it may.

use lgx_model::FoundItem;
use lgx_model::item::{Item, Namespace};

use super::{ItemOutcome, PerformedItems};

/// An item that was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// The item.
    pub item: Item,
    /// How near it is to the query of a search.
    pub score: Option<f64>,
    /// What lets it live for its whole time again, when it lives for a limited time.
    pub expiring: Option<i64>,
}

/// What has been read.
pub(crate) struct Reading {
    performed: PerformedItems,
    put_off: Vec<i64>,
    room: Room,
}

impl Reading {
    /// Nothing yet. Up to `most_bytes` are read as long as nothing writes.
    pub(crate) fn begun(most_bytes: usize) -> Self {
        Self {
            performed: PerformedItems {
                outcomes: Vec::new(),
                more: false,
            },
            put_off: Vec::new(),
            room: Room::of(most_bytes),
        }
    }

    /// Takes what one operation found under a key.
    pub(crate) fn take_item(&mut self, found: Option<Found>, refresh: bool) {
        if !found.iter().all(|found| self.room.takes(&found.item)) {
            self.performed.more = true;
            return;
        }
        self.note(found.as_slice(), refresh);
        let item = found.map(|found| found.item);
        self.performed.outcomes.push(ItemOutcome::Item(item));
    }

    /// Takes what one operation found by searching.
    pub(crate) fn take_items(&mut self, mut found: Vec<Found>, refresh: bool) {
        let fitting = found
            .iter()
            .take_while(|found| self.room.takes(&found.item))
            .count();
        self.performed.more = fitting < found.len();
        found.truncate(fitting);
        self.note(&found, refresh);
        let items = found.into_iter().map(|found| FoundItem {
            item: found.item,
            score: found.score,
        });
        let items = ItemOutcome::Items(items.collect());
        self.performed.outcomes.push(items);
    }

    /// Takes the namespaces that one operation found.
    pub(crate) fn take_namespaces(&mut self, namespaces: Vec<Namespace>) {
        let namespaces = ItemOutcome::Namespaces(namespaces);
        self.performed.outcomes.push(namespaces);
    }

    /// Passes over an operation that writes. What stands behind it is read without a limit.
    pub(crate) fn pass_write(&mut self) {
        self.room = Room::of(usize::MAX);
        self.performed.outcomes.push(ItemOutcome::Done);
    }

    /// Whether no more can be read.
    pub(crate) const fn is_over(&self) -> bool {
        self.performed.more
    }

    /// What was read, and which of the items are to live for their whole time again.
    pub(crate) fn end(self) -> (PerformedItems, Vec<i64>) {
        (self.performed, self.put_off)
    }

    fn note(&mut self, found: &[Found], refresh: bool) {
        if refresh {
            let expiring = found.iter().filter_map(|found| found.expiring);
            self.put_off.extend(expiring);
        }
    }
}

/// How much may still be read. The first item always may.
struct Room {
    bytes: usize,
    untouched: bool,
}

impl Room {
    const fn of(bytes: usize) -> Self {
        Self {
            bytes,
            untouched: true,
        }
    }

    /// Whether there is room for the item, which it takes.
    fn takes(&mut self, item: &Item) -> bool {
        /// The times, and what is around them.
        const TOLD: usize = 256;
        let names = item.namespace.iter().map(String::len).sum::<usize>() + item.key.len();
        let size = item.value.get().len() + names + TOLD;
        let left = self.bytes.checked_sub(size);
        let takes = left.is_some() || self.untouched;
        self.untouched = false;
        self.bytes = left.unwrap_or_default();
        takes
    }
}
