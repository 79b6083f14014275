//! What JSON from a client must be beside well-formed, looked at once before anything reads it: whatever passes can be read by
//! every parser that the request meets later on, in this process, in the worker and in the store.

use std::fmt;

/// How many lists and objects may lie in each other. What a request brings is wrapped on its way to the worker and into the
/// store, and read again there by parsers that have a limit of their own (128).
pub(crate) const DEEPEST: usize = 100;

/// How many digits an integer may have: Python prints no more than 4,300.
const LONGEST_INTEGER: usize = 4_000;

/// From so many characters on a number may be more than a float can hold even without an exponent.
const SHORT_NUMBER: usize = 300;

/// Why JSON that may be well-formed is not taken all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// More lists and objects in each other than are read.
    TooDeep,
    /// An escape such as `\ud83d` without its other half: it stands for no character, and has no UTF-8.
    HalfOfAPair(String),
    /// A number beyond every float, such as `1e999`.
    BeyondFloats(String),
    /// An integer of so many digits.
    TooManyDigits(usize),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => write!(f, "more than {DEEPEST} lists and objects lie in each other"),
            Self::HalfOfAPair(escape) => write!(
                f,
                "the escape {escape} is one half of a surrogate pair and stands for no character; send the whole pair, or \\ufffd"
            ),
            Self::BeyondFloats(number) => {
                write!(
                    f,
                    "{number} is beyond what a floating-point number can hold"
                )
            }
            Self::TooManyDigits(digits) => write!(
                f,
                "an integer has {digits} digits; Python reads at most {LONGEST_INTEGER} here"
            ),
        }
    }
}

/// Looks through JSON. Right for all JSON; what is none is left to the parser.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Unreadable> {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = check_text(bytes, at + 1)?,
            b'-' | b'0'..=b'9' => at = check_number(bytes, at)?,
            b'[' | b'{' => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(Unreadable::TooDeep);
                }
                at += 1;
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            _ => at += 1,
        }
    }
    Ok(())
}

/// Looks through the text that begins at `at`, and says where it is over.
fn check_text(bytes: &[u8], mut at: usize) -> Result<usize, Unreadable> {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return Ok(at + 1),
            b'\\' => at = check_escape(bytes, at)?,
            _ => at += 1,
        }
    }
    Ok(at)
}

/// Looks at the escape at `at`, together with the one that completes it, and says where it is over.
fn check_escape(bytes: &[u8], at: usize) -> Result<usize, Unreadable> {
    let Some(unit) = utf16_unit(bytes, at) else {
        return Ok(at + 2);
    };
    let next = at + 6;
    match unit {
        0xD800..=0xDBFF
            if utf16_unit(bytes, next).is_some_and(|low| (0xDC00..=0xDFFF).contains(&low)) =>
        {
            Ok(next + 6)
        }
        0xD800..=0xDFFF => Err(Unreadable::HalfOfAPair(format!("\\u{unit:04x}"))),
        _ => Ok(next),
    }
}

/// The number that a `\uXXXX` at `at` stands for; none if there is no such escape.
fn utf16_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Looks at the number at `at`, and says where it is over.
fn check_number(bytes: &[u8], at: usize) -> Result<usize, Unreadable> {
    let rest = &bytes[at..];
    let length = rest
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
        .unwrap_or(rest.len());
    let number = &rest[..length];
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    if digits.iter().all(u8::is_ascii_digit) {
        if digits.len() > LONGEST_INTEGER {
            return Err(Unreadable::TooManyDigits(digits.len()));
        }
    } else if length > SHORT_NUMBER || digits.iter().any(|byte| byte.eq_ignore_ascii_case(&b'e')) {
        let text = String::from_utf8_lossy(number);
        if text.parse::<f64>().is_ok_and(f64::is_infinite) {
            let shown: String = text.chars().take(20).collect();
            return Err(Unreadable::BeyondFloats(shown));
        }
    }
    Ok(at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_each_other_counts_as_deep() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (text, too_deep) in [
            (nested(DEEPEST), false),
            (nested(DEEPEST + 1), true),
            (format!("[{}]", vec!["{}"; 1000].join(",")), false),
            (format!("\"{}\"", "[".repeat(1000)), false),
            (format!(r#"["\"",{}]"#, nested(DEEPEST)), true),
            (format!(r#"["\\",{}]"#, nested(DEEPEST)), true),
        ] {
            let expected = if too_deep {
                Err(Unreadable::TooDeep)
            } else {
                Ok(())
            };
            assert_eq!(check(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn halves_of_surrogate_pairs_are_found_in_texts_and_keys() {
        for (text, half) in [
            (r#"{"x":"cut \ud83d"}"#, r"\ud83d"),
            (r#"{"\uDE00":1}"#, r"\ude00"),
            (r#""\ud83d\ud83d\ude00""#, r"\ud83d"),
            (r#""\ud83d\n""#, r"\ud83d"),
            (r#""\\\ud83d""#, r"\ud83d"),
        ] {
            let expected = Err(Unreadable::HalfOfAPair(half.into()));
            assert_eq!(check(text.as_bytes()), expected, "{text}");
        }
        for whole in [
            r#""\ud83d\ude00""#,
            r#""\\ud83d""#,
            r#""\u0000\ufffd""#,
            "\"\u{1f600}\"",
            r#""\ud8"#,
            r#""\"#,
        ] {
            assert_eq!(check(whole.as_bytes()), Ok(()), "{whole}");
        }
    }

    #[test]
    fn numbers_are_integers_that_python_prints_or_fit_into_a_float() {
        let digits = |count: usize| "7".repeat(count);
        for (text, expected) in [
            (
                "1e999".into(),
                Err(Unreadable::BeyondFloats("1e999".into())),
            ),
            (
                "[-1E+999]".into(),
                Err(Unreadable::BeyondFloats("-1E+999".into())),
            ),
            (
                format!("{}.0", digits(400)),
                Err(Unreadable::BeyondFloats(digits(20))),
            ),
            (
                digits(LONGEST_INTEGER + 1),
                Err(Unreadable::TooManyDigits(LONGEST_INTEGER + 1)),
            ),
            (format!("-{}", digits(LONGEST_INTEGER)), Ok(())),
            ("18446744073709551616".into(), Ok(())),
            ("1e308".into(), Ok(())),
            ("1e-999".into(), Ok(())),
            (format!("0.{}", digits(1000)), Ok(())),
            (r#""1e999""#.into(), Ok(())),
        ] {
            assert_eq!(check(text.as_bytes()), expected, "{text}");
        }
    }
}
