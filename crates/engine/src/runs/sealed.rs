//! Users of runs as other instances may find them in the database: sealed with the secret that all instances have.

use std::fmt;

use lgx_model::{RawJson, RunId};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::sharing::SharedSecret;

/// How what is sealed is laid out: this byte, a nonce, and the user with a tag behind.
const FORM: u8 = 1;

/// Seals users, and opens what was sealed with the same secret.
pub(super) struct Seal {
    secret: SharedSecret,
    random: SystemRandom,
}

impl Seal {
    /// A seal that who has the secret can open.
    pub(super) fn of(secret: SharedSecret) -> Self {
        Self {
            secret,
            random: SystemRandom::new(),
        }
    }

    /// The user of a run, sealed for that run alone. Nothing where the system has no random numbers.
    pub(super) fn seal(&self, run_id: RunId, user: &RawJson) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let mut text = user.get().as_bytes().to_vec();
        self.key(run_id)
            .ok()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from([FORM]),
                &mut text,
            )
            .ok()?;
        Some([&[FORM][..], &nonce, &text].concat())
    }

    /// The user of a run. Nothing if it was sealed with another secret, or for another run.
    pub(super) fn open(&self, run_id: RunId, sealed: &[u8]) -> Option<RawJson> {
        let (form, sealed) = sealed.split_first()?;
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        if *form != FORM {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let key = self.key(run_id).ok()?;
        let user = key
            .open_in_place(nonce, Aad::from([FORM]), &mut text)
            .ok()?;
        let user = String::from_utf8(user.to_vec()).ok()?;
        RawJson::from_text(user).ok()
    }

    /// Each run has a key of its own, so that no key is used so often that a nonce could come twice.
    fn key(&self, run_id: RunId) -> Result<LessSafeKey, Unspecified> {
        let key = self.secret.key(&format!("the user of run {run_id}"));
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key)?))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seal")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seal(secret: &str) -> Seal {
        Seal::of(SharedSecret::new(&secret.repeat(8)).unwrap())
    }

    fn user() -> RawJson {
        RawJson::of(&json!({"identity": "alice", "token": "planted"}))
    }

    #[test]
    fn a_user_is_read_by_who_has_the_secret_and_by_nobody_else() {
        let run_id = RunId::fresh();
        let sealed = seal("one secret").seal(run_id, &user()).unwrap();
        let opened = seal("one secret").open(run_id, &sealed).unwrap();
        assert_eq!(opened.get(), user().get());
        assert!(seal("no secret").open(run_id, &sealed).is_none());
        assert!(seal("one secret").open(RunId::fresh(), &sealed).is_none());
        for piece in ["planted", "alice"] {
            let there = sealed
                .windows(piece.len())
                .any(|bytes| bytes == piece.as_bytes());
            assert!(!there, "{piece}");
        }
    }

    #[test]
    fn no_two_seals_are_alike() {
        let run_id = RunId::fresh();
        let seal = seal("one secret");
        assert_ne!(seal.seal(run_id, &user()), seal.seal(run_id, &user()));
    }

    #[test]
    fn what_was_changed_or_cut_off_is_no_user() {
        let run_id = RunId::fresh();
        let seal = seal("one secret");
        let sealed = seal.seal(run_id, &user()).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seal.open(run_id, &changed).is_none(), "{at}");
            assert!(seal.open(run_id, &sealed[..at]).is_none(), "{at}");
        }
    }
}
