//! Vectors as they are stored and compared: 32-bit floats of length 1, so that a product is the cosine of their angle.

/// Vectors of one width, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    dimensions: u32,
    bytes: Vec<u8>,
}

impl Vectors {
    /// Vectors of `dimensions` little-endian floats each; none when the bytes are not a whole number of them.
    pub fn of_bytes(dimensions: u32, bytes: &[u8]) -> Option<Self> {
        let width = usize::try_from(dimensions).ok()?.checked_mul(4)?;
        if width == 0 || !bytes.len().is_multiple_of(width) {
            return None;
        }
        let bytes = bytes.chunks_exact(width).flat_map(normalized).collect();
        Some(Self { dimensions, bytes })
    }

    /// How wide each is.
    pub const fn dimensions(&self) -> u32 {
        self.dimensions
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// All of them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The first, to compare with others.
    pub(crate) fn first(&self) -> Vec<f32> {
        let width = usize::try_from(self.dimensions).unwrap_or(0);
        floats(&self.bytes).take(width).collect()
    }
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|float| f32::from_le_bytes(*float))
}

/// The vector with length 1. One without a length, or without one that can be told, becomes zero: near to nothing.
#[expect(clippy::cast_possible_truncation, reason = "the result is at most 1")]
fn normalized(vector: &[u8]) -> Vec<u8> {
    let length = floats(vector)
        .map(|float| f64::from(float) * f64::from(float))
        .sum::<f64>()
        .sqrt();
    let usable = length.is_finite() && length > 0.0;
    let scale = |float: f32| {
        if usable {
            (f64::from(float) / length) as f32
        } else {
            0.0
        }
    };
    floats(vector)
        .flat_map(|float| scale(float).to_le_bytes())
        .collect()
}

/// How near the nearest of `vectors` is to `query`: from -1 to 1.
pub(crate) fn nearest(query: &[f32], vectors: &[u8]) -> f32 {
    vectors
        .chunks_exact(query.len() * 4)
        .map(|vector| product(query, vector))
        .fold(f32::NEG_INFINITY, f32::max)
}

/// How many sums are kept beside each other, so that the processor can do as many at once.
const LANES: usize = 16;

fn product(query: &[f32], vector: &[u8]) -> f32 {
    let (query_blocks, query_rest) = query.as_chunks::<LANES>();
    let (floats, _) = vector.as_chunks::<4>();
    let (vector_blocks, vector_rest) = floats.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (query, vector) in query_blocks.iter().zip(vector_blocks) {
        for lane in 0..LANES {
            sums[lane] += query[lane] * f32::from_le_bytes(vector[lane]);
        }
    }
    let rest = query_rest
        .iter()
        .zip(vector_rest)
        .map(|(query, vector)| query * f32::from_le_bytes(*vector))
        .sum::<f32>();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(floats: &[f32]) -> Vec<u8> {
        floats
            .iter()
            .flat_map(|float| float.to_le_bytes())
            .collect()
    }

    fn cosine(left: &[f32], right: &[f32]) -> f32 {
        let width = u32::try_from(left.len()).unwrap();
        let query = Vectors::of_bytes(width, &bytes(left)).unwrap().first();
        let stored = Vectors::of_bytes(width, &bytes(right)).unwrap();
        nearest(&query, stored.bytes())
    }

    #[test]
    fn nearness_is_the_cosine_whatever_the_lengths() {
        assert!((cosine(&[1.0, 0.0], &[5.0, 0.0]) - 1.0).abs() < 1e-6);
        assert!((cosine(&[1.0, 0.0], &[1.0, 1.0]) - 0.5f32.sqrt()).abs() < 1e-6);
        assert!((cosine(&[2.0, 0.0], &[-3.0, 0.0]) + 1.0).abs() < 1e-6);
        assert!(cosine(&[0.0, 1.0], &[1.0, 0.0]).abs() < 1e-6);
    }

    #[test]
    fn wide_vectors_count_to_their_last_number() {
        let mut left = [0.0f32; 35];
        let mut right = [0.0f32; 35];
        (left[34], right[34]) = (2.0, 3.0);
        assert!((cosine(&left, &right) - 1.0).abs() < 1e-6);
        (left[3], left[34]) = (1.0, 0.0);
        assert!(cosine(&left, &right).abs() < 1e-6);
    }

    #[test]
    fn of_several_vectors_the_nearest_counts() {
        let query = Vectors::of_bytes(2, &bytes(&[1.0, 0.0])).unwrap().first();
        let stored = Vectors::of_bytes(2, &bytes(&[-1.0, 0.0, 3.0, 0.0, 0.0, 1.0])).unwrap();
        assert!((nearest(&query, stored.bytes()) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_has_no_length_is_near_to_nothing() {
        assert!(cosine(&[1.0, 1.0], &[0.0, 0.0]).abs() < 1e-6);
        assert!(cosine(&[1.0, 1.0], &[f32::NAN, 1.0]).abs() < 1e-6);
        assert!(cosine(&[1.0, 1.0], &[f32::INFINITY, 1.0]).abs() < 1e-6);
    }

    #[test]
    fn bytes_that_are_not_whole_vectors_are_refused() {
        assert!(Vectors::of_bytes(2, &[0; 12]).is_none());
        assert!(Vectors::of_bytes(0, &[]).is_none());
        assert!(Vectors::of_bytes(3, &[]).unwrap().is_empty());
    }
}
