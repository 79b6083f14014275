//! Packs values with zstd: on their own, or as their difference from another value.
//!
//! A packed value is one frame of zstd, which knows how long the value is and has a checksum of it. The other value is the frame's *prefix*:
//! zstd begins as if it had just read it, so that whatever both have in common costs a few bytes however long it is. What comes out can
//! only be read with the same prefix; without it, or with another one, the checksum fails.

use zstd_safe::{CCtx, CParameter, DCtx, compress_bound, get_error_name, get_frame_content_size};

use crate::{Result, StoreError};

/// The fastest level that looks for matches everywhere: what packs well is mostly matches, and those are found on any level.
/// Only this way to compress is built in: `.cargo/config.toml` leaves the others out.
pub(crate) const LEVEL: i32 = 1;

/// From how long a prefix on it is searched for long matches with a table of their own: the usual table has room for this much.
const LONG: usize = 64 << 10;

/// The longest value that is packed, and the longest that is believed of a frame; `SQLite` keeps none that is longer.
const LONGEST: usize = 1 << 30;

/// `value` as a frame, on the prefix `base`, which must lie elsewhere in memory: zstd does not look for matches in what overlaps. Nothing if it is too long, or cannot be packed for want of memory.
pub(crate) fn pack(value: &[u8], base: Option<&[u8]>) -> Option<Vec<u8>> {
    let base = base.unwrap_or_default();
    let reach = value.len().checked_add(base.len())?;
    if reach > LONGEST {
        return None;
    }
    let mut context = CCtx::try_create()?;
    let mut parameters = vec![
        CParameter::CompressionLevel(LEVEL),
        CParameter::ChecksumFlag(true),
    ];
    if !base.is_empty() {
        // The window reaches back over both, to the first byte of the prefix.
        let window = reach.max(1 << 10).next_power_of_two().ilog2();
        parameters.push(CParameter::WindowLog(window));
        parameters.push(CParameter::EnableLongDistanceMatching(base.len() >= LONG));
    }
    for parameter in parameters {
        context.set_parameter(parameter).ok()?;
    }
    context.ref_prefix(base).ok()?;
    let mut packed = Vec::new();
    packed.try_reserve_exact(compress_bound(value.len())).ok()?;
    context.compress2(&mut packed, value).ok()?;
    packed.shrink_to_fit();
    Some(packed)
}

/// The value of the frame `packed`, which was packed on the prefix `base`.
pub(crate) fn unpack(packed: &[u8], base: Option<&[u8]>) -> Result<Vec<u8>> {
    let length = get_frame_content_size(packed).ok().flatten();
    let length = length
        .and_then(|length| usize::try_from(length).ok())
        .filter(|&length| length <= LONGEST)
        .ok_or_else(|| damaged("it does not say how long it is"))?;
    let no_memory = |_| damaged("there is no memory for it");
    let mut context = DCtx::try_create().ok_or_else(|| damaged("there is no memory for it"))?;
    context
        .ref_prefix(base.unwrap_or_default())
        .map_err(|code| damaged(get_error_name(code)))?;
    let mut value = Vec::new();
    value.try_reserve_exact(length).map_err(no_memory)?;
    context
        .decompress(&mut value, packed)
        .map_err(|code| damaged(get_error_name(code)))?;
    Ok(value)
}

fn damaged(why: &str) -> StoreError {
    StoreError::Value {
        what: "packed value",
        text: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text in which nothing repeats, so that a match in it is one with the prefix.
    fn text(length: usize) -> Vec<u8> {
        let mut state = 7u64;
        let words = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            format!("{:x} ", state >> 33)
        });
        words.flat_map(String::into_bytes).take(length).collect()
    }

    #[test]
    fn what_two_values_share_costs_next_to_nothing_however_long_it_is() {
        for length in [2_000, 100_000, 5_000_000] {
            let newer = text(length);
            let older = newer[..length - 500].to_vec();
            let packed = pack(&older, Some(&newer)).unwrap();
            assert!(
                packed.len() < length / 2000 + 50,
                "{length}: {}",
                packed.len()
            );
            assert_eq!(unpack(&packed, Some(&newer)).unwrap(), older);
        }
    }

    #[test]
    fn a_value_is_packed_on_its_own_too_and_so_is_nothing() {
        for value in [&b"again and again and again and again and again"[..], b""] {
            let packed = pack(value, None).unwrap();
            assert_eq!(unpack(&packed, None).unwrap(), value);
        }
    }

    #[test]
    fn what_is_damaged_is_noticed() {
        let base = text(3_000);
        let value = base[100..2_900].to_vec();
        let packed = pack(&value, Some(&base)).unwrap();
        let mut other = base.clone();
        other[1_500] ^= 1;
        let mut flipped = packed.clone();
        *flipped.last_mut().unwrap() ^= 1;
        unpack(&packed, Some(&other)).unwrap_err();
        unpack(&packed, None).unwrap_err();
        unpack(&flipped, Some(&base)).unwrap_err();
        unpack(&packed[..packed.len() - 1], Some(&base)).unwrap_err();
        unpack(&[], Some(&base)).unwrap_err();
        unpack(b"no frame at all", Some(&base)).unwrap_err();
    }
}
