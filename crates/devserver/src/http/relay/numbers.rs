//! Which numbers of one sender have been seen: each is taken once, in nearly any order, and little is remembered.

/// How far behind the greatest number another one may come, in words of 64.
const WORDS: usize = 64;
const REACH: u64 = 64 * WORDS as u64;

/// The numbers that one sender has used, which it counts up. Those that are far behind the greatest one count as used.
pub(super) struct SeenNumbers {
    greatest: u64,
    /// Of the last numbers up to the greatest: a bit each, at its remainder.
    bits: Box<[u64; WORDS]>,
}

impl Default for SeenNumbers {
    fn default() -> Self {
        Self {
            greatest: 0,
            bits: Box::new([0; WORDS]),
        }
    }
}

impl SeenNumbers {
    /// Whether a number is seen for the first time. Numbers begin at 1.
    pub(super) fn is_new(&mut self, number: u64) -> bool {
        if number == 0 || number.saturating_add(REACH) <= self.greatest {
            return false;
        }
        if number > self.greatest {
            let passed = (number - self.greatest).min(REACH);
            for skipped in number - passed + 1..=number {
                let (word, bit) = place(skipped);
                self.bits[word] &= !bit;
            }
            self.greatest = number;
        }
        let (word, bit) = place(number);
        let is_new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        is_new
    }
}

fn place(number: u64) -> (usize, u64) {
    let at = number % REACH;
    // It is less than `REACH`.
    let word = usize::try_from(at / 64).unwrap_or_default();
    (word, 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_new_once_in_any_order() {
        let mut seen = SeenNumbers::default();
        let numbers = [2, 1, 5, 3, 4, REACH, 70, 6, REACH + 5, REACH + 1];
        for number in numbers {
            assert!(seen.is_new(number), "{number}");
        }
        for number in numbers {
            assert!(!seen.is_new(number), "{number}");
        }
        assert!(seen.is_new(7) && !seen.is_new(0));
    }

    #[test]
    fn what_is_far_behind_counts_as_used() {
        let mut seen = SeenNumbers::default();
        assert!(seen.is_new(10 * REACH));
        assert!(!seen.is_new(9 * REACH) && seen.is_new(9 * REACH + 1));
        assert!(seen.is_new(u64::MAX) && !seen.is_new(u64::MAX));
        assert!(!seen.is_new(10 * REACH + 1));
    }

    #[test]
    fn a_jump_forgets_what_had_the_same_place() {
        let mut seen = SeenNumbers::default();
        assert!(seen.is_new(3) && seen.is_new(REACH + 2));
        assert!(seen.is_new(REACH + 3), "3 is out of reach by now");
        assert!(!seen.is_new(3));
    }
}
