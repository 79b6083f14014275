//! Operations on items.

use lgx_model::RawJson;
use lgx_model::item::Namespace;
use lgx_store::items::{ItemFilter, ItemOperation, ListNamespaces, NewItem, SearchItems, Vectors};
use serde_json::json;

use super::{Generator, examples, object};
use crate::operation::Operation;

const LABELS: [&str; 6] = ["users", "u1", "u.1", "%", "a\0", "a"];
const KEYS: [&str; 4] = ["k", "%00", "\0", "k.1"];

impl Generator {
    pub(super) fn of_items(&mut self) -> Operation {
        match self.chance.below(12) {
            0..7 => {
                let count = 1 + self.chance.below(3);
                Operation::PerformItems((0..count).map(|_| self.item_operation()).collect())
            }
            7..10 => {
                let search = self.item_search();
                let refresh = search.near.is_none() && self.chance.once_in(3);
                Operation::SearchItems(search, refresh)
            }
            10 => Operation::ExpireItems,
            _ => Operation::NextItemExpiry,
        }
    }

    fn item_operation(&mut self) -> ItemOperation {
        let (namespace, key) = (self.labels(1), self.chance.one(&KEYS).to_owned());
        match self.chance.below(12) {
            0..6 => ItemOperation::Put(NewItem {
                namespace,
                key,
                value: RawJson::of(&self.chance.one(&examples::pairs())),
                vectors: self.vectors(),
                ttl_minutes: self.chance.maybe(&[0.1, 0.5]),
            }),
            6 | 7 => ItemOperation::Get {
                namespace,
                key,
                refresh: self.chance.once_in(2),
            },
            8 => ItemOperation::Delete { namespace, key },
            9 => {
                let search = self.item_search();
                let refresh = search.near.is_none() && self.chance.once_in(2);
                ItemOperation::Search { search, refresh }
            }
            _ => ItemOperation::ListNamespaces(ListNamespaces {
                prefixes: self.patterns(),
                suffixes: self.patterns(),
                max_depth: self.chance.maybe(&[1, 2]),
                limit: self.chance.one(&[100, 100, 2]),
                offset: self.chance.one(&[0, 0, 1]),
            }),
        }
    }

    fn labels(&mut self, least: usize) -> Namespace {
        let count = least + self.chance.below(3);
        (0..count)
            .map(|_| self.chance.one(&LABELS).to_owned())
            .collect()
    }

    fn patterns(&mut self) -> Vec<Namespace> {
        if !self.chance.once_in(3) {
            return Vec::new();
        }
        let mut pattern = self.labels(1);
        if self.chance.once_in(2) {
            "*".clone_into(&mut pattern[0]);
        }
        vec![pattern]
    }

    /// Vectors of which no two are nearly as near as each other to a third, but for those that are as near.
    fn vectors(&mut self) -> Option<Vectors> {
        let corners = [1.0_f32, 2.0, -1.0, 0.0];
        match self.chance.below(4) {
            0 => None,
            1 => Vectors::of_bytes(3, &bytes(&[1.0, self.chance.one(&corners), 0.0])),
            _ => {
                let count = 1 + self.chance.below(2);
                let floats: Vec<f32> = (0..2 * count).map(|_| self.chance.one(&corners)).collect();
                Vectors::of_bytes(2, &bytes(&floats))
            }
        }
    }

    fn item_search(&mut self) -> SearchItems {
        let filters = [
            json!({}),
            json!({}),
            json!({"owner": "alice"}),
            json!({"n": {"$gte": 1}}),
            json!({"n": 1}),
            json!({"o": {"b": {"c": "\0"}}}),
        ];
        SearchItems {
            prefix: self.labels(0),
            filter: ItemFilter::parse(&object(self.chance.one(&filters))).unwrap(),
            near: if self.chance.once_in(2) {
                self.vectors()
            } else {
                None
            },
            limit: self.chance.one(&[100, 100, 2, 0]),
            offset: self.chance.one(&[0, 0, 1, 3]),
        }
    }
}

fn bytes(floats: &[f32]) -> Vec<u8> {
    floats
        .iter()
        .flat_map(|float| float.to_le_bytes())
        .collect()
}
