//! The header `traceparent` of W3C's Trace Context: the span within which somebody else asked for a run.

use std::fmt;
use std::str::FromStr;

/// A span of somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    /// Whether that trace is recorded.
    pub(crate) is_sampled: bool,
}

/// The text is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTraceParent;

impl FromStr for TraceParent {
    type Err = NoTraceParent;

    /// Later versions may have more at the end; what this one knows of them stays as it is.
    fn from_str(text: &str) -> Result<Self, NoTraceParent> {
        let mut parts = text.trim().split('-');
        let mut next = || parts.next().unwrap_or_default();
        let version = bytes::<1>(next()).ok_or(NoTraceParent)?;
        let parent = Self {
            trace_id: bytes(next()).ok_or(NoTraceParent)?,
            span_id: bytes(next()).ok_or(NoTraceParent)?,
            is_sampled: bytes::<1>(next()).ok_or(NoTraceParent)?[0] & 1 == 1,
        };
        let ends = parts.next().is_none();
        let is_null = parent.trace_id == [0; 16] || parent.span_id == [0; 8];
        if version == [0xff] || is_null || (version == [0] && !ends) {
            return Err(NoTraceParent);
        }
        Ok(parent)
    }
}

/// In the form of version 00.
impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("00-")?;
        for byte in self.trace_id {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("-")?;
        for byte in self.span_id {
            write!(f, "{byte:02x}")?;
        }
        write!(f, "-{:02x}", u8::from(self.is_sampled))
    }
}

/// Lower-case hexadecimal digits, exactly as many as it takes.
fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let is_hex = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    if hex.len() != 2 * N || !hex.bytes().all(is_hex) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_header_is_read_and_written_as_it_was() {
        let parent: TraceParent = GIVEN.parse().unwrap();
        assert!(parent.is_sampled);
        assert_eq!((parent.trace_id[0], parent.span_id[7]), (0x0a, 0x31));
        assert_eq!(parent.to_string(), GIVEN);
        let later = GIVEN.replacen("00", "01", 1) + "-more";
        assert_eq!(later.parse(), Ok(parent));
    }

    #[test]
    fn what_is_no_header_is_none() {
        for text in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319é-b7ad6b7169203331-01",
        ] {
            assert_eq!(text.parse::<TraceParent>(), Err(NoTraceParent), "{text}");
        }
    }
}
