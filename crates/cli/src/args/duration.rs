//! A length of time, as a person writes it.

use std::time::Duration;

/// Reads one: `30s`, `5m`, `1h`, or a number of seconds.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || "give a length of time, such as 30s, 5m or 1h".to_owned();
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return Err(wrong()),
    };
    // A sign is none of a length.
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = digits.parse().map_err(|_| wrong())?;
    if !is_number {
        return Err(wrong());
    }
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_a_number_and_perhaps_its_unit() {
        for (text, seconds) in [
            ("0", 0),
            ("30", 30),
            ("30s", 30),
            ("5m", 300),
            ("1h", 3_600),
            ("4294967295h", 4_294_967_295 * 3_600),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in [
            "",
            "s",
            "-1",
            "+1",
            "1.5s",
            "30 s",
            "1d",
            "1ms",
            "4294967296",
            "ä",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
