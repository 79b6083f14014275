//! Versions of Node.js as package.json asks for them: `>=20.19 <25`, `^20.19 || >=22`, `20.x`.

use std::fmt;

/// The first and the second, and what follows them.
type Numbers = [u64; 3];

/// A range of versions, in the language of npm. Whatever follows the third number does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRange {
    written: String,
    /// Any of these.
    alternatives: Vec<Interval>,
}

/// From the first version to one that is not part of it any more, if there is an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Interval {
    from: Numbers,
    to: Option<Numbers>,
}

const EVERYTHING: Interval = Interval {
    from: [0, 0, 0],
    to: None,
};

impl NodeRange {
    /// Reads a range; none if it is not understood.
    pub(crate) fn read(written: &str) -> Option<Self> {
        let alternatives = written.split("||").map(all_of).collect::<Option<_>>()?;
        Some(Self {
            written: written.trim().to_owned(),
            alternatives,
        })
    }

    /// Whether a version such as `20.19.2` is in it. One that is not understood is not held against anybody.
    pub fn includes(&self, version: &str) -> bool {
        let Some(version) = Partial::read(version) else {
            return true;
        };
        let version = version.first();
        let is_in = |interval: &Interval| {
            interval.from <= version && interval.to.is_none_or(|to| version < to)
        };
        self.alternatives.iter().any(is_in)
    }
}

impl fmt::Display for NodeRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

/// As many numbers of a version as are written: `20`, `v20.19`, `20.x`; none at all for `*`.
#[derive(Clone, Copy)]
struct Partial {
    numbers: Numbers,
    count: usize,
}

impl Partial {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['v', '=']);
        let text = text.split(['-', '+']).next().unwrap_or_default();
        let mut partial = Self {
            numbers: [0; 3],
            count: 0,
        };
        for part in text.split('.') {
            if matches!(part, "x" | "X" | "*") {
                break;
            }
            *partial.numbers.get_mut(partial.count)? = part.parse().ok()?;
            partial.count += 1;
        }
        Some(partial)
    }

    /// The first version that it can stand for.
    const fn first(self) -> Numbers {
        self.numbers
    }

    /// The first version after all those that agree with it in so many numbers; none after everything.
    fn after(self, count: usize) -> Option<Numbers> {
        let last = count.checked_sub(1)?;
        let mut next = self.numbers;
        for (place, number) in next.iter_mut().enumerate().skip(last) {
            *number = if place == last { *number + 1 } else { 0 };
        }
        Some(next)
    }
}

/// What all conditions between two `||` leave: `>=18 <23`, `18 - 22`.
fn all_of(conditions: &str) -> Option<Interval> {
    if let Some((low, high)) = conditions.split_once(" - ") {
        let (low, high) = (Partial::read(low.trim())?, Partial::read(high.trim())?);
        return Some(Interval {
            from: low.first(),
            to: high.after(high.count),
        });
    }
    let mut left = EVERYTHING;
    // `>= 20` is one condition.
    let mut operator = String::new();
    for word in conditions.split_whitespace() {
        operator.push_str(word);
        if !operator.ends_with(['<', '>', '=', '^', '~']) {
            left = both(left, interval(&std::mem::take(&mut operator))?);
        }
    }
    operator.is_empty().then_some(left)
}

/// `>=20.19`, `^20`, `20.x`
fn interval(condition: &str) -> Option<Interval> {
    let digits = condition
        .find(|character: char| !"<>=^~".contains(character))
        .unwrap_or(condition.len());
    let (operator, version) = condition.split_at(digits);
    let version = Partial::read(version)?;
    let (from, written) = (version.first(), version.count);
    let up_to = |to| Interval { from, to };
    Some(match operator {
        "" | "=" => up_to(version.after(written)),
        ">=" => up_to(None),
        "<" => Interval {
            to: Some(from),
            ..EVERYTHING
        },
        "<=" => Interval {
            to: version.after(written),
            ..EVERYTHING
        },
        ">" => Interval {
            from: version.after(written)?,
            to: None,
        },
        "~" | "~>" => up_to(version.after(written.min(2))),
        "^" => {
            let leading_zeros = from.iter().take_while(|number| **number == 0).count();
            up_to(version.after(written.min(leading_zeros + 1)))
        }
        _ => return None,
    })
}

fn both(one: Interval, other: Interval) -> Interval {
    Interval {
        from: one.from.max(other.from),
        to: match (one.to, other.to) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_npm_reads_it() {
        for (range, inside, outside) in [
            (
                ">=20.19",
                &["20.19.0", "v22.3.0"][..],
                &["20.18.9", "18.20.0"][..],
            ),
            (">= 20", &["20.0.0"], &["19.9.9"]),
            (">=18 <23", &["18.0.0", "22.99.1"], &["23.0.0", "17.9.0"]),
            (
                "^20.19.0 || ^22.12.0 || >=23",
                &["20.20.2", "22.12.0", "26.1.0"],
                &["21.0.0", "22.11.9"],
            ),
            ("20", &["20.1.2"], &["21.0.0"]),
            ("20.x", &["20.1.2"], &["22.0.0"]),
            ("20.19.*", &["20.19.4"], &["20.20.0"]),
            ("=22.3.0", &["22.3.0"], &["22.3.1"]),
            ("~20.19.1", &["20.19.1", "20.19.9"], &["20.20.0", "20.19.0"]),
            ("~20", &["20.9.0"], &["21.0.0"]),
            ("^0.3.1", &["0.3.9"], &["0.4.0"]),
            ("18 - 22", &["18.0.0", "22.9.9"], &["23.0.0"]),
            (">20", &["21.0.0"], &["20.9.9"]),
            ("<=20", &["20.9.9"], &["21.0.0"]),
            ("*", &["1.0.0"], &[]),
            ("", &["20.0.0"], &[]),
            (">=22.0.0-rc.1", &["22.0.0"], &["20.0.0"]),
        ] {
            let read = NodeRange::read(range).unwrap();
            for version in inside {
                assert!(read.includes(version), "{version} is {range}");
            }
            for version in outside {
                assert!(!read.includes(version), "{version} is not {range}");
            }
        }
    }

    #[test]
    fn what_is_no_range_is_none() {
        for text in ["lts", ">=", "20.1.2.3", "=>20", "20..1"] {
            assert_eq!(NodeRange::read(text), None, "{text}");
        }
    }
}
