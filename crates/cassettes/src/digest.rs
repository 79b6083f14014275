//! Digests that stand for texts in names of files and in messages.

use sha2::{Digest as _, Sha256};

/// How many hexadecimal digits are told.
const DIGITS: usize = 16;

/// The first digits of what a digest has come to.
pub(crate) fn told(digest: Sha256) -> String {
    let digest = digest.finalize();
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .take(DIGITS)
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// What stands for a text that must not be told itself.
pub(crate) fn of_text(text: &str) -> String {
    told(Sha256::new_with_prefix(text))
}
