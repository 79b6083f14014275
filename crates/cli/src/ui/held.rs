//! What is said and held back until it is known whether anybody wants to see it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of more than this, the beginning is left out: what comes last explains most.
const KEPT: usize = 1024 * 1024;

/// What is held back; copies hold the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    left_out: usize,
}

impl Held {
    /// All of it, and nothing of it again.
    pub(crate) fn take(&self) -> String {
        let mut kept = std::mem::take(&mut *self.kept());
        kept.shorten(KEPT);
        let text = String::from_utf8_lossy(&kept.bytes);
        match kept.left_out {
            0 => text.into_owned(),
            count => format!("… {count} lines before these are left out\n{text}"),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Held {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut kept = self.kept();
        kept.bytes.extend_from_slice(text);
        // Rarely, as all that stays is moved.
        if kept.bytes.len() > 2 * KEPT {
            kept.shorten(KEPT);
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    /// Leaves out whole lines until it is not longer than this.
    fn shorten(&mut self, longest: usize) {
        let Some(too_many) = self.bytes.len().checked_sub(longest + 1) else {
            return;
        };
        let mut rest = self.bytes[too_many..].iter();
        let line_end = rest.position(|byte| *byte == b'\n');
        let end = line_end.map_or(self.bytes.len(), |at| too_many + at + 1);
        let lines = self.bytes[..end].split(|byte| *byte == b'\n').count() - 1;
        self.left_out += lines.max(1);
        self.bytes.drain(..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_comes_once() {
        let held = Held::default();
        held.clone().write_all(b"one\ntwo\n").unwrap();

        assert_eq!(held.take(), "one\ntwo\n");
        assert_eq!(held.take(), "");
    }

    #[test]
    fn of_too_much_the_last_lines_stay_and_the_others_are_counted() {
        let mut held = Held::default();
        let line = format!("{}\n", "x".repeat(1023));
        for _ in 0..5000 {
            held.write_all(line.as_bytes()).unwrap();
        }
        held.write_all(b"the last\n").unwrap();

        let text = held.take();
        let (first, rest) = text.split_once('\n').unwrap();
        let shown = rest.lines().count();
        assert!(
            rest.len() <= KEPT && rest.len() > KEPT - 2048,
            "{}",
            rest.len()
        );
        assert!(rest.ends_with("x\nthe last\n"));
        let left_out = 5001 - shown;
        assert_eq!(
            first,
            format!("… {left_out} lines before these are left out")
        );
    }
}
