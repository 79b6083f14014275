//! What only those know who were told of the proxy: any process of the machine can reach its port.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use uuid::Uuid;

/// The name in the URL; the password is the secret.
const USER: &str = "lgx";

/// A secret that requests to the proxy carry.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// One that nobody has had.
    pub(crate) fn fresh() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// The proxy's URL with it.
    pub(crate) fn url(&self, port: u16) -> String {
        format!("http://{USER}:{}@127.0.0.1:{port}", self.0)
    }

    /// Whether a request carries it. It is compared in the same time whatever is right of a guess.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(header::PROXY_AUTHORIZATION);
        let sent = sent.and_then(|value| value.to_str().ok()?.split_once(' '));
        let Some((scheme, guess)) = sent else {
            return false;
        };
        let own = STANDARD.encode(format!("{USER}:{}", self.0));
        let pairs = own.bytes().zip(guess.trim().bytes());
        let differing = pairs.fold(0, |differing, (one, other)| differing | (one ^ other));
        scheme.eq_ignore_ascii_case("basic")
            && std::hint::black_box(differing) == 0
            && own.len() == guess.trim().len()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_the_whole_token_lets_in() {
        let token = Token("abc".to_owned());
        let lets_in = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::PROXY_AUTHORIZATION,
                HeaderValue::from_str(value).unwrap(),
            );
            token.is_in(&headers)
        };
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert!(lets_in(&basic("lgx:abc")) && lets_in(&basic("lgx:abc").replace('B', "b")));
        for guess in ["lgx:ab", "lgx:abcd", "lgx:", "abc", ""] {
            assert!(!lets_in(&basic(guess)), "{guess}");
        }
        assert!(!lets_in("Bearer abc") && !token.is_in(&HeaderMap::new()));
        assert_eq!(token.url(7), "http://lgx:abc@127.0.0.1:7");
        assert_eq!(format!("{token:?}"), "Token");
    }
}
