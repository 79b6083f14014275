//! Items of long-term memory: put, overwritten, deleted, searched.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Setting;
use super::record::{Check, Record, is};
use crate::{Answer, Client, Random};

/// A namespace of one client, and the numbers that its items hold.
struct Items {
    namespace: String,
    items: BTreeMap<String, u64>,
}

/// Puts and deletes items of a few keys, so that each is overwritten many times.
pub(super) fn work(setting: &Setting, mut random: Random) -> Result<Vec<Box<dyn Record>>> {
    let mut known = Items {
        namespace: random.uuid(),
        items: BTreeMap::new(),
    };
    let mut number = 0;
    while setting.goes_on() {
        number += 1;
        let key = format!("key-{}", random.below(12));
        let deletes = random.percent(25);
        let next = (!deletes).then_some(number);
        let changed = if deletes {
            let body = json!({"namespace": ["torture", known.namespace], "key": key});
            setting.served.call("items deleted", |client| {
                client.ask("DELETE", "/store/items", Some(&body))
            })?
        } else {
            let padding = ".".repeat(random.pick(&[0, 10, 50_000]));
            let body = json!({
                "namespace": ["torture", known.namespace], "key": key,
                "value": {"number": number, "padding": padding},
            });
            setting.served.call("items put", |client| {
                client.ask("PUT", "/store/items", Some(&body))
            })?
        };
        let before = known.items.get(&key).copied();
        let now = if let Some(changed) = changed {
            is(&changed, 204)?;
            next
        } else {
            let there = known.read(
                &setting
                    .served
                    .until_answered("items read", |client| known.get(client, &key))?,
            )?;
            ensure!(
                there == before || there == next,
                "{key} was {before:?}, should perhaps be {next:?}, and is {there:?}"
            );
            there
        };
        match now {
            Some(number) => known.items.insert(key, number),
            None => known.items.remove(&key),
        };
    }
    Ok(vec![Box::new(known)])
}

impl Items {
    fn get(&self, client: &Client, key: &str) -> Result<Answer> {
        client.get(&format!(
            "/store/items?namespace=torture.{}&key={key}",
            self.namespace
        ))
    }

    /// The number that an item holds, if it is there.
    fn read(&self, answer: &Answer) -> Result<Option<u64>> {
        if answer.status == 404 {
            return Ok(None);
        }
        let item = answer.ok()?;
        if item.is_null() {
            return Ok(None);
        }
        let number = item["value"]["number"].as_u64();
        number
            .with_context(|| format!("an item of {}: {item}", self.namespace))
            .map(Some)
    }
}

impl Record for Items {
    fn verify(&self, check: &mut Check<'_>) -> Result<()> {
        let body = json!({"namespace_prefix": ["torture", self.namespace], "limit": 100});
        let found = check.client.post("/store/items/search", &body)?.ok()?;
        let found = found["items"].as_array().cloned().context("a list")?;
        let number = |item: &Value| {
            let key = item["key"].as_str().unwrap_or_default().to_owned();
            (key, item["value"]["number"].as_u64().unwrap_or_default())
        };
        let found: BTreeMap<_, _> = found.iter().map(number).collect();
        ensure!(
            found == self.items,
            "items should be {:?}, and are {found:?}",
            self.items
        );
        check.count("items", found.len());
        Ok(())
    }
}
