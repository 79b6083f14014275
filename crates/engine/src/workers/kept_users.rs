//! Who the authenticate handler has let in, kept for as long as `auth.cache` says, so that it is not asked anew for each request.
//!
//! Two requests are of the same user if they agree in every header that `auth.cache.cache_keys` names, in all headers that hold
//! credentials, whether they are named or not, and in the query, where credentials may be too: nobody is taken for somebody else because
//! a project has named too few. A request that lacks a named header is always asked about. Refusals are not kept.
//!
//! Each generation has its own, so that none of it outlives the code that let somebody in. Users are in memory only, and under keyed hashes
//! of what the requests had: credentials themselves are not kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use lgx_config::{AuthCache, holds_credentials};
use lgx_model::RawJson;
use ring::hmac;
use ring::rand::SystemRandom;

/// The users that a generation has let in.
pub struct KeptUsers {
    /// Without one, on a machine without randomness, nothing is kept.
    secret: Option<hmac::Key>,
    users: Mutex<Users>,
}

/// What tells the user of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserKey([u8; 32]);

#[derive(Default)]
struct Users {
    known: HashMap<UserKey, Known>,
    /// Who was asked for when, the one that was not asked for the longest first.
    turns: BTreeMap<u64, UserKey>,
    next_turn: u64,
}

struct Known {
    user: RawJson,
    until: Instant,
    turn: u64,
}

impl KeptUsers {
    /// Nobody has come yet.
    pub(super) fn new() -> Self {
        Self {
            secret: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok(),
            users: Mutex::default(),
        }
    }

    /// What tells the user of a request with these headers, by lower-case name, and this query; none if it is to be asked about.
    pub fn key(
        &self,
        rule: &AuthCache,
        headers: &[(String, String)],
        query: &str,
    ) -> Option<UserKey> {
        let has = |key: &String| headers.iter().any(|(name, _)| name == key);
        if rule.keys.is_empty() || !rule.keys.iter().all(has) {
            return None;
        }
        let mut telling: Vec<(&str, &str)> = headers
            .iter()
            .filter(|(name, _)| rule.keys.contains(name) || holds_credentials(name))
            .map(|(name, value)| (&**name, &**value))
            .collect();
        // By name only: what a client sends twice may mean something else the other way round.
        telling.sort_by_key(|(name, _)| *name);
        let mut context = hmac::Context::with_key(self.secret.as_ref()?);
        let texts = telling.iter().flat_map(|(name, value)| [name, value]);
        for text in texts.chain([&query]) {
            // With their lengths, so that no two lists of texts look the same.
            context.update(&text.len().to_le_bytes());
            context.update(text.as_bytes());
        }
        let tag = context.sign();
        tag.as_ref().try_into().ok().map(UserKey)
    }

    /// The user of such requests, if the handler has let them in not too long ago.
    pub fn get(&self, key: UserKey, now: Instant) -> Option<RawJson> {
        let mut users = self.lock();
        if users.known.get(&key)?.until <= now {
            users.forget(key);
            return None;
        }
        users.turn_of(key);
        users.known.get(&key).map(|known| known.user.clone())
    }

    /// Keeps whom the handler has just let in; whoever was not asked for the longest goes, if there are too many.
    pub fn keep(&self, rule: &AuthCache, key: UserKey, user: RawJson, now: Instant) {
        let most = usize::try_from(rule.max_size).unwrap_or(usize::MAX);
        let Some(until) = now.checked_add(rule.ttl).filter(|until| *until > now) else {
            return;
        };
        let mut users = self.lock();
        users.forget(key);
        while users.known.len() >= most {
            let Some((_, oldest)) = users.turns.pop_first() else {
                return;
            };
            users.known.remove(&oldest);
        }
        let turn = users.next_turn;
        users.known.insert(key, Known { user, until, turn });
        users.turn_of(key);
    }

    fn lock(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Users {
    /// They are asked for now.
    fn turn_of(&mut self, key: UserKey) {
        let Some(known) = self.known.get_mut(&key) else {
            return;
        };
        self.turns.remove(&known.turn);
        known.turn = self.next_turn;
        self.turns.insert(self.next_turn, key);
        self.next_turn += 1;
    }

    fn forget(&mut self, key: UserKey) {
        if let Some(known) = self.known.remove(&key) {
            self.turns.remove(&known.turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rule(keys: &[&str], max_size: u32) -> AuthCache {
        AuthCache {
            keys: keys.iter().map(ToString::to_string).collect(),
            ttl: Duration::from_secs(60),
            max_size,
        }
    }

    fn headers(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        headers.iter().map(owned).collect()
    }

    fn user(name: &str) -> RawJson {
        RawJson::of(&serde_json::json!({ "identity": name }))
    }

    #[test]
    fn a_user_is_kept_for_as_long_as_the_rule_says() {
        let (kept, rule) = (KeptUsers::new(), rule(&["x-user"], 9));
        let key = kept.key(&rule, &headers(&[("x-user", "a")]), "").unwrap();
        let began = Instant::now();
        let after = |seconds| began + Duration::from_secs(seconds);
        assert_eq!(kept.get(key, began), None);
        kept.keep(&rule, key, user("a"), began);
        assert_eq!(kept.get(key, after(59)), Some(user("a")));
        assert_eq!(kept.get(key, after(60)), None, "asking puts nothing off");
        kept.keep(&rule, key, user("b"), after(60));
        assert_eq!(kept.get(key, after(119)), Some(user("b")));
    }

    #[test]
    fn of_too_many_the_one_goes_that_was_not_asked_for_the_longest() {
        let (kept, rule) = (KeptUsers::new(), rule(&["x-user"], 2));
        let key = |name: &str| kept.key(&rule, &headers(&[("x-user", name)]), "").unwrap();
        let now = Instant::now();
        for name in ["a", "b"] {
            kept.keep(&rule, key(name), user(name), now);
        }
        kept.get(key("a"), now).unwrap();
        kept.keep(&rule, key("c"), user("c"), now);
        kept.keep(&rule, key("c"), user("c"), now);
        let there = ["a", "b", "c"].map(|name| kept.get(key(name), now).is_some());
        assert_eq!(there, [true, false, true]);
        let users = kept.lock();
        assert_eq!((users.known.len(), users.turns.len()), (2, 2));
    }

    #[test]
    fn nothing_is_kept_where_there_is_no_room_or_no_time() {
        let now = Instant::now();
        let mut nowhere = rule(&["x-user"], 0);
        for rule in [nowhere.clone(), {
            nowhere.max_size = 9;
            nowhere.ttl = Duration::ZERO;
            nowhere
        }] {
            let kept = KeptUsers::new();
            let key = kept.key(&rule, &headers(&[("x-user", "a")]), "").unwrap();
            kept.keep(&rule, key, user("a"), now);
            assert_eq!(kept.get(key, now), None);
        }
    }

    #[test]
    fn requests_are_of_one_user_only_if_nothing_tells_them_apart() {
        let kept = KeptUsers::new();
        let rule = rule(&["x-user"], 9);
        let key = |given: &[(&str, &str)], query: &str| kept.key(&rule, &headers(given), query);
        let one = key(
            &[("x-user", "a"), ("authorization", "t"), ("accept", "1")],
            "",
        );
        assert!(one.is_some());
        // What is not named makes no difference, nor does the order.
        assert_eq!(one, key(&[("authorization", "t"), ("x-user", "a")], ""));
        for other in [
            key(&[("x-user", "b"), ("authorization", "t")], ""),
            key(&[("x-user", "a"), ("authorization", "u")], ""),
            key(&[("x-user", "a")], ""),
            key(&[("x-user", "a"), ("cookie", "t")], ""),
            key(
                &[("x-user", "a"), ("x-user", "a"), ("authorization", "t")],
                "",
            ),
            key(&[("x-user", "a"), ("authorization", "t")], "token=1"),
            key(&[("x-user", "at"), ("authorization", "")], ""),
        ] {
            assert!(other.is_some() && other != one);
        }
        assert_eq!(key(&[("authorization", "t")], ""), None, "one is missing");
        assert_ne!(
            one,
            KeptUsers::new().key(
                &rule,
                &headers(&[("x-user", "a"), ("authorization", "t")]),
                ""
            )
        );
    }
}
