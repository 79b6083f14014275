//! What an instance says to another one about a request that it passes on, signed with what only the instances of a database know.
//!
//! The signature covers who says it to whom, the method and the target of the request, and a number that the sender gives away once, so
//! that whoever has seen a request pass by cannot send it again, nor put the signature on another one. No clock has a part in it.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Method, Uri};
use lgx_engine::sharing::SharedSecret;
use lgx_model::{InstanceId, RawJson};
use ring::hmac;
use serde::{Deserialize, Serialize};

use super::numbers::SeenNumbers;
use crate::http::call::Peer;
use crate::http::entrance::Entrance;

/// The header that says it.
pub(in crate::http) const HEADER: &str = "x-lgx-relayed";
/// What the key is derived for; another form of what is signed needs another purpose.
const PURPOSE: &str = "relayed requests, 1";

/// What the first instance knows of a request that nobody else can.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Vouched {
    /// The client, as far as that is known.
    pub(super) client: Option<SocketAddr>,
    /// The address that it connected to.
    pub(super) reached: IpAddr,
    /// By which port it came in.
    pub(super) entrance: Entrance,
    /// Who asks, if the first instance had to find out: the home has no way to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) known: Option<VouchedUser>,
}

/// Who asks; none where the project has no auth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct VouchedUser {
    pub(super) user: Option<RawJson>,
}

impl Vouched {
    /// What is known of a request that came from there.
    pub(super) fn of(peer: Peer, known: Option<VouchedUser>) -> Self {
        Self {
            client: peer.client(),
            reached: peer.reached,
            entrance: peer.entrance,
            known,
        }
    }

    /// Where it came from.
    pub(super) fn peer(&self) -> Peer {
        Peer {
            address: self
                .client
                .unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0))),
            reached: self.reached,
            entrance: self.entrance,
        }
    }
}

/// What is signed.
#[derive(Serialize, Deserialize)]
struct Letter {
    from: InstanceId,
    to: InstanceId,
    number: u64,
    about: Vouched,
}

/// Why nothing of a voucher is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotBelieved {
    /// It was made without the secret, or for another request.
    #[error("its signature is not one of this request by an instance of this database")]
    Forged,
    /// It is for another instance, one that was reached under this address before.
    #[error("it is for another instance")]
    ForAnother,
    /// It has been used.
    #[error("it has been used before")]
    Used,
}

/// Signs what this instance passes on, and checks what others have.
pub(super) struct Signer {
    key: hmac::Key,
    own: InstanceId,
    last: AtomicU64,
    seen: Mutex<HashMap<InstanceId, SeenNumbers>>,
}

impl Signer {
    /// That of this instance.
    pub(super) fn new(secret: &SharedSecret, own: InstanceId) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &secret.key(PURPOSE)),
            own,
            last: AtomicU64::new(0),
            seen: Mutex::default(),
        }
    }

    /// The header for a request that goes to `to`; none if what is known is more than a header holds.
    pub(super) fn sign(
        &self,
        to: InstanceId,
        method: &Method,
        target: &Uri,
        about: Vouched,
    ) -> Option<HeaderValue> {
        let letter = Letter {
            from: self.own,
            to,
            number: self.last.fetch_add(1, Ordering::Relaxed) + 1,
            about,
        };
        let letter = serde_json::to_vec(&letter).ok()?;
        let letter = URL_SAFE_NO_PAD.encode(letter);
        let signature = hmac::sign(&self.key, &signed(method, target, &letter));
        let signature = URL_SAFE_NO_PAD.encode(signature);
        HeaderValue::try_from(format!("{letter}.{signature}")).ok()
    }

    /// What the header of a request says.
    ///
    /// # Errors
    /// Why it is not believed.
    pub(super) fn check(
        &self,
        header: &HeaderValue,
        method: &Method,
        target: &Uri,
    ) -> Result<Vouched, NotBelieved> {
        let text = header.to_str().map_err(|_| NotBelieved::Forged)?;
        let (letter, signature) = text.split_once('.').ok_or(NotBelieved::Forged)?;
        let decoded = |text| {
            URL_SAFE_NO_PAD
                .decode(text)
                .map_err(|_| NotBelieved::Forged)
        };
        hmac::verify(
            &self.key,
            &signed(method, target, letter),
            &decoded(signature)?,
        )
        .map_err(|_| NotBelieved::Forged)?;
        let letter: Letter =
            serde_json::from_slice(&decoded(letter)?).map_err(|_| NotBelieved::Forged)?;
        if letter.to != self.own {
            return Err(NotBelieved::ForAnother);
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.entry(letter.from).or_default().is_new(letter.number) {
            return Err(NotBelieved::Used);
        }
        Ok(letter.about)
    }
}

/// The bytes that are signed. Neither a method nor a target has a line break in it.
fn signed(method: &Method, target: &Uri, letter: &str) -> Vec<u8> {
    let target = target
        .path_and_query()
        .map_or("/", |target| target.as_str());
    format!("{method}\n{target}\n{letter}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn id() -> InstanceId {
        InstanceId::fresh()
    }

    fn signer(secret: &str, own: InstanceId) -> Signer {
        Signer::new(&SharedSecret::new(secret).unwrap(), own)
    }

    fn about() -> Vouched {
        Vouched {
            client: Some(([10, 0, 0, 1], 5000).into()),
            reached: [10, 0, 0, 2].into(),
            entrance: Entrance::Plain,
            known: Some(VouchedUser { user: None }),
        }
    }

    #[test]
    fn another_instance_believes_what_was_signed_for_it_once() {
        let (here, there) = (id(), id());
        let (one, other) = (signer(SECRET, here), signer(SECRET, there));
        let target = Uri::from_static("/threads/1/runs?a=b");
        let header = one.sign(there, &Method::POST, &target, about()).unwrap();
        assert_eq!(other.check(&header, &Method::POST, &target), Ok(about()));
        assert_eq!(
            other.check(&header, &Method::POST, &target),
            Err(NotBelieved::Used)
        );
        let next = one.sign(there, &Method::POST, &target, about()).unwrap();
        assert_eq!(other.check(&next, &Method::POST, &target), Ok(about()));
    }

    #[test]
    fn nothing_else_is_believed() {
        let (here, there) = (id(), id());
        let (one, other) = (signer(SECRET, here), signer(SECRET, there));
        let target = Uri::from_static("/threads/1/runs?a=b");
        let header = one.sign(there, &Method::POST, &target, about()).unwrap();
        for (method, target) in [
            (Method::GET, target.clone()),
            (Method::POST, Uri::from_static("/threads/2/runs?a=b")),
            (Method::POST, Uri::from_static("/threads/1/runs")),
        ] {
            let checked = other.check(&header, &method, &target);
            assert_eq!(checked, Err(NotBelieved::Forged), "{method} {target}");
        }
        let stranger = signer(&SECRET.replace('0', "1"), here);
        let forged = stranger
            .sign(there, &Method::POST, &target, about())
            .unwrap();
        let third = one.sign(id(), &Method::POST, &target, about()).unwrap();
        let text = header.to_str().unwrap();
        for (header, why) in [
            (forged, NotBelieved::Forged),
            (third, NotBelieved::ForAnother),
            (HeaderValue::from_static(""), NotBelieved::Forged),
            (HeaderValue::from_static("e30."), NotBelieved::Forged),
            (
                HeaderValue::from_str(&text[..text.len() - 1]).unwrap(),
                NotBelieved::Forged,
            ),
            (
                HeaderValue::from_str(&format!("A{text}")).unwrap(),
                NotBelieved::Forged,
            ),
        ] {
            assert_eq!(
                other.check(&header, &Method::POST, &target),
                Err(why),
                "{header:?}"
            );
        }
        assert_eq!(other.check(&header, &Method::POST, &target), Ok(about()));
    }

    #[test]
    fn what_is_known_of_a_user_arrives_as_it_was() {
        let there = id();
        let (one, other) = (signer(SECRET, id()), signer(SECRET, there));
        let user = RawJson::from_text(r#"{"identity":"ännchen","n":1e300}"#.into()).unwrap();
        let about = Vouched {
            known: Some(VouchedUser { user: Some(user) }),
            ..about()
        };
        let target = Uri::from_static("/x");
        let header = one.sign(there, &Method::GET, &target, about.clone());
        let checked = other.check(&header.unwrap(), &Method::GET, &target);
        assert_eq!(checked, Ok(about));
    }
}
