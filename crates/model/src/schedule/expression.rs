//! Cron expressions: their fields, and how they are told to the parser, which wants seconds first and knows less.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// A field of an expression.
struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    /// Words for values, the first of them for `low`.
    words: &'static [&'static str],
    /// What else than digits, `*`, `,`, `-` and `/` may be in it.
    more: &'static [char],
}

const fn field(name: &'static str, low: u32, high: u32) -> Field {
    Field {
        name,
        low,
        high,
        words: &[],
        more: &[],
    }
}

const SECOND: Field = field("second", 0, 59);
const MINUTE: Field = field("minute", 0, 59);
const HOUR: Field = field("hour", 0, 23);
const DAY: Field = Field {
    more: &['L', '?'],
    ..field("day of month", 1, 31)
};
const MONTH: Field = Field {
    words: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
    ..field("month", 1, 12)
};
const WEEKDAY: Field = Field {
    words: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    more: &['L', '?', '#'],
    ..field("day of week", 0, 6)
};
/// The years that a schedule without years looks at, so that what never occurs is soon known.
const YEARS: &str = "1970-2099";
const YEAR: Field = field("year", 1970, 2099);

/// Reads five fields, and after them seconds and years; the parser wants seconds first.
pub(super) fn expression(text: &str) -> Result<Cron, String> {
    let text = text.trim();
    let text = if text.starts_with('@') {
        nickname(text).ok_or("There is no such nickname")?
    } else {
        text
    };
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day, month, weekday, rest @ ..] = fields.as_slice() else {
        return Err(format!("It has {} fields", fields.len()));
    };
    let (second, year) = match rest {
        [] => ("0", YEARS),
        [second] => (*second, YEARS),
        [second, year] => (*second, *year),
        _ => return Err(format!("It has {} fields", fields.len())),
    };
    let plain = [
        (second, SECOND),
        (minute, MINUTE),
        (hour, HOUR),
        (day, DAY),
        (month, MONTH),
        (weekday, WEEKDAY),
        (year, YEAR),
    ]
    .iter()
    .map(|(text, field)| field.plain(text))
    .collect::<Result<Vec<_>, _>>()?;
    CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Required)
        .build()
        .parse(&plain.join(" "))
        .map_err(|error| error.to_string().trim_end_matches('.').to_owned())
}

fn nickname(text: &str) -> Option<&'static str> {
    Some(match text.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => return None,
    })
}

impl Field {
    /// The field in what the parser knows: numbers for words, lists for ranges that go over the end, ranges for open steps.
    fn plain(&self, text: &str) -> Result<String, String> {
        let parts: Result<Vec<String>, String> = text
            .to_ascii_uppercase()
            .split(',')
            .map(|part| self.part(part))
            .collect();
        Ok(parts?.join(","))
    }

    fn part(&self, part: &str) -> Result<String, String> {
        let name = self.name;
        let mut part = part.to_owned();
        for (value, word) in (self.low..).zip(self.words) {
            part = part.replace(word, &value.to_string());
        }
        let strange = |letter: &char| {
            !letter.is_ascii_digit()
                && !['*', '-', '/'].contains(letter)
                && !self.more.contains(letter)
        };
        if let Some(strange) = part.chars().find(strange) {
            return Err(format!("The {name} cannot have '{strange}'"));
        }
        if part.is_empty() {
            return Err(format!("The {name} has nothing between its commas"));
        }
        // `L5` and `5L` both mean the last Friday.
        if let Some(day) = part.strip_prefix('L').filter(|day| !day.is_empty()) {
            return Ok(format!("{day}L"));
        }
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part.as_str(), None),
        };
        match (range.split_once('-'), step) {
            (Some((from, to)), step) => match (from.parse::<u32>(), to.parse::<u32>()) {
                (Ok(from), Ok(to)) if from > to => self.around(from, to, step),
                _ => Ok(part),
            },
            (None, Some(step)) if range.parse::<u32>().is_ok() => {
                Ok(format!("{range}-{}/{step}", self.high))
            }
            _ => Ok(part),
        }
    }

    /// The values of a range that goes over the end, as `FRI-MON` or `22-2/2`.
    fn around(&self, from: u32, to: u32, step: Option<&str>) -> Result<String, String> {
        let name = self.name;
        let step: usize = match step.map(str::parse) {
            None => 1,
            Some(Ok(step)) if step > 0 => step,
            Some(_) => return Err(format!("The {name} has a step that is no number above 0")),
        };
        if to < self.low || from > self.high {
            return Err(format!("The {name} is out of its range"));
        }
        let values: Vec<String> = (from..=self.high)
            .chain(self.low..=to)
            .step_by(step)
            .map(|value| value.to_string())
            .collect();
        Ok(values.join(","))
    }
}
