//! Places along a line that are as near as possible to where they are wanted, in an order and with distances that are given.

/// Where something is wanted, and how much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) at: f64,
    pub(super) weight: f64,
}

/// The places; `distances[i]` lies at least between the wishes `i` and `i + 1`. The sum of the squares of how far they are off is the least
/// possible (pool adjacent violators), but for rounding.
pub(super) fn spaced(wishes: &[Wish], distances: &[i64], bounds: Option<(i64, i64)>) -> Vec<i64> {
    let mut offsets = vec![0];
    for distance in distances.iter().take(wishes.len().saturating_sub(1)) {
        offsets.push(offsets.last().copied().unwrap_or_default() + distance);
    }
    let mut pools: Vec<Pool> = Vec::new();
    for (wish, offset) in wishes.iter().zip(&offsets) {
        let mut pool = Pool {
            sum: (wish.at - to_float(*offset)) * wish.weight,
            weight: wish.weight,
            count: 1,
        };
        while let Some(last) = pools.last().filter(|last| last.mean() > pool.mean()) {
            pool = pool.joined(last);
            pools.pop();
        }
        pools.push(pool);
    }
    let last_offset = offsets.last().copied().unwrap_or_default();
    let placed = pools.iter().flat_map(|pool| {
        let at = rounded(pool.mean());
        let at = bounds.map_or(at, |(least, most)| at.min(most - last_offset).max(least));
        std::iter::repeat_n(at, pool.count)
    });
    let placed = placed.zip(&offsets).map(|(at, offset)| at + offset);
    placed.collect()
}

/// Neighbours that would otherwise be too near to each other.
struct Pool {
    sum: f64,
    weight: f64,
    count: usize,
}

impl Pool {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }

    fn joined(&self, other: &Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            weight: self.weight + other.weight,
            count: self.count + other.count,
        }
    }
}

/// Cells are few enough to be exact.
#[expect(clippy::cast_precision_loss, reason = "no drawing is 2^52 cells wide")]
pub(super) fn to_float(cells: i64) -> f64 {
    cells as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "it saturates, and no drawing is so wide"
)]
fn rounded(place: f64) -> i64 {
    place.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(at: &[i64]) -> Vec<Wish> {
        let wish = |at: &i64| Wish {
            at: to_float(*at),
            weight: 1.0,
        };
        at.iter().map(wish).collect()
    }

    #[test]
    fn what_is_far_enough_apart_lies_where_it_is_wanted() {
        assert_eq!(spaced(&wishes(&[0, 10, 20]), &[3, 3], None), [0, 10, 20]);
    }

    #[test]
    fn what_wants_the_same_place_lies_around_it() {
        assert_eq!(spaced(&wishes(&[10, 10, 10]), &[4, 4], None), [6, 10, 14]);
        assert_eq!(spaced(&wishes(&[20, 0]), &[4], None), [8, 12]);
    }

    #[test]
    fn who_weighs_more_moves_less() {
        let mut wishes = wishes(&[10, 10]);
        wishes[0].weight = 9.0;
        assert_eq!(spaced(&wishes, &[10], None), [9, 19]);
    }

    #[test]
    fn bounds_are_kept() {
        assert_eq!(spaced(&wishes(&[0, 1]), &[2], Some((5, 9))), [5, 7]);
        assert_eq!(spaced(&wishes(&[20, 30]), &[2], Some((5, 9))), [7, 9]);
        assert_eq!(spaced(&[], &[], Some((5, 9))), [] as [i64; 0]);
    }
}
