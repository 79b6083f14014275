//! Where lines and pieces of lines meet: runs that print token by token, and everything else that is shown.
//!
//! A run may flush the beginning of a line. On a terminal it is shown at once, and what the run writes next goes on there.
//! At most one line is open at a time. Whole lines of others break it; beginnings of others are kept until the open line ends,
//! so that two runs that stream do not make a line of each token. Where nobody watches, beginnings are kept until they are lines.

use std::io::Write;

use lgx_devserver::{LogLine, LogStream};

/// The beginning of a line is not kept beyond this many bytes: it is then shown as if it were a line.
const LONGEST_BEGINNING: usize = 64 * 1024;
/// Back to the start of the line, and clear it.
const REWRITE: &str = "\r\x1b[K";

/// Who may go on with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    run_id: Option<String>,
    stream: LogStream,
}

impl Source {
    /// The source of a line.
    pub(crate) fn of(line: &LogLine) -> Self {
        Self {
            run_id: line.run_id.clone(),
            stream: line.stream,
        }
    }
}

/// The beginning of a line.
#[derive(Debug)]
struct Beginning {
    source: Source,
    tag: String,
    text: String,
}

/// What the lines are written to, and how far the last one is.
#[derive(Debug)]
pub(crate) struct Screen<W> {
    out: W,
    /// Whether a person sees each piece when it is written.
    live: bool,
    open: Option<Beginning>,
    kept: Vec<Beginning>,
}

impl<W: Write> Screen<W> {
    /// A screen with nothing on it.
    pub(crate) const fn new(out: W, live: bool) -> Self {
        Self {
            out,
            live,
            open: None,
            kept: Vec::new(),
        }
    }

    /// Shows whole lines.
    pub(crate) fn say(&mut self, text: &str) {
        self.break_line();
        self.write(&format!("{text}\n"));
        self.open_kept();
    }

    /// Shows what a run or the project has printed; `open`: its last line is not over.
    pub(crate) fn print(&mut self, source: Source, tag: &str, text: &str, open: bool) {
        if self.open.as_ref().is_some_and(|line| line.source == source) {
            self.go_on(text, open);
        } else if open {
            self.keep(source, tag, text);
            if self.open.is_none() {
                self.open_kept();
            }
        } else {
            let (tag, mut whole) = self.take(&source).map_or_else(
                || (tag.to_owned(), String::new()),
                |kept| (kept.tag, kept.text),
            );
            append(&mut whole, text);
            self.say(&format!("{tag} {whole}"));
        }
    }

    /// Shows what is kept, as lines: nothing more comes.
    pub(crate) fn end(&mut self) {
        self.break_line();
        for line in std::mem::take(&mut self.kept) {
            self.write(&format!("{} {}\n", line.tag, line.text));
        }
    }

    /// Shows a text as it is.
    pub(crate) fn write(&mut self, text: &str) {
        // There is nobody to tell when it fails.
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }

    /// Ends the open line where it is; its source begins another with what it writes next.
    pub(crate) fn break_line(&mut self) {
        if self.open.take().is_some() {
            self.write("\n");
        }
    }

    /// Ends the open line, unless it is one of this run and what is written next goes on with it; true if a line begins.
    pub(crate) fn break_line_of_others(&mut self, run_id: Option<&str>) -> bool {
        let own = self
            .open
            .take_if(|line| line.source.run_id.as_deref() == run_id);
        self.break_line();
        own.is_none()
    }

    /// Goes on with the open line.
    fn go_on(&mut self, text: &str, open: bool) {
        let Some(mut line) = self.open.take() else {
            return;
        };
        let before = line.text.len();
        let rewritten = append(&mut line.text, text);
        let end = if open { "" } else { "\n" };
        let text = if rewritten {
            format!("{REWRITE}{} {}{end}", line.tag, line.text)
        } else {
            format!("{}{end}", &line.text[before..])
        };
        self.write(&text);
        if open {
            // Only what a carriage return would replace has to be remembered, and nobody rewrites a line as long as this.
            if line.text.len() > LONGEST_BEGINNING {
                line.text.clear();
            }
            self.open = Some(line);
        } else {
            self.open_kept();
        }
    }

    fn keep(&mut self, source: Source, tag: &str, text: &str) {
        let mut line = self.take(&source).unwrap_or_else(|| Beginning {
            source,
            tag: tag.to_owned(),
            text: String::new(),
        });
        append(&mut line.text, text);
        if line.text.len() > LONGEST_BEGINNING {
            self.say(&format!("{} {}", line.tag, line.text));
        } else {
            self.kept.push(line);
        }
    }

    fn take(&mut self, source: &Source) -> Option<Beginning> {
        let at = self.kept.iter().position(|line| line.source == *source)?;
        Some(self.kept.remove(at))
    }

    /// Opens the line that has been kept longest.
    fn open_kept(&mut self) {
        if self.live && !self.kept.is_empty() {
            let line = self.kept.remove(0);
            self.write(&format!("{} {}", line.tag, line.text));
            self.open = Some(line);
        }
    }
}

/// Adds to a line as a terminal would: a carriage return starts it over, as progress bars do. Whether one did.
fn append(line: &mut String, text: &str) -> bool {
    // A line end of Windows.
    let text = text.strip_suffix('\r').unwrap_or(text);
    match text.rsplit_once('\r') {
        Some((before, last)) if !text.contains('\n') => {
            let shown = if last.is_empty() { before } else { last };
            shown.clone_into(line);
            true
        }
        _ => {
            line.push_str(text);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: bool = true;

    struct Written(Screen<Vec<u8>>);

    impl Written {
        fn live() -> Self {
            Self(Screen::new(Vec::new(), true))
        }

        fn print(&mut self, run: &str, text: &str, open: bool) {
            let source = Source {
                run_id: Some(run.to_owned()),
                stream: LogStream::Stdout,
            };
            self.0.print(source, &format!("[{run}]"), text, open);
        }

        fn text(&self) -> &str {
            std::str::from_utf8(&self.0.out).unwrap()
        }
    }

    #[test]
    fn tokens_stream_on_one_line() {
        let mut screen = Written::live();
        for token in ["Hel", "lo", " you"] {
            screen.print("a", token, OPEN);
        }
        assert_eq!(screen.text(), "[a] Hello you");
        screen.print("a", "", !OPEN);
        screen.print("a", "next", !OPEN);
        assert_eq!(screen.text(), "[a] Hello you\n[a] next\n");
    }

    #[test]
    fn whole_lines_of_others_break_the_open_line_and_it_goes_on_below() {
        let mut screen = Written::live();
        screen.print("a", "one ", OPEN);
        screen.print("b", "whole", !OPEN);
        screen.print("a", "two ", OPEN);
        screen.0.say("Reloading: x.py");
        screen.print("a", "three", !OPEN);
        assert_eq!(
            screen.text(),
            "[a] one \n[b] whole\n[a] two \nReloading: x.py\n[a] three\n"
        );
    }

    #[test]
    fn two_runs_that_stream_take_turns_line_by_line() {
        let mut screen = Written::live();
        for token in ["x", "y", "z"] {
            screen.print("a", token, OPEN);
            screen.print("b", token, OPEN);
        }
        assert_eq!(screen.text(), "[a] xyz");
        screen.print("a", "", !OPEN);
        assert_eq!(screen.text(), "[a] xyz\n[b] xyz");
        screen.print("b", "!", !OPEN);
        assert_eq!(screen.text(), "[a] xyz\n[b] xyz!\n");
    }

    #[test]
    fn where_nobody_watches_there_are_only_whole_lines() {
        let mut screen = Written(Screen::new(Vec::new(), false));
        for token in ["x", "y", "\r 50%", "\r100%"] {
            screen.print("a", token, OPEN);
        }
        assert_eq!(screen.text(), "");
        screen.print("b", "whole", !OPEN);
        screen.print("a", "", !OPEN);
        screen.print("b", "unfinished", OPEN);
        screen.0.end();
        assert_eq!(screen.text(), "[b] whole\n[a] 100%\n[b] unfinished\n");
    }

    #[test]
    fn a_progress_bar_rewrites_its_line_and_keeps_its_tag() {
        let mut screen = Written::live();
        screen.print("a", "\r  0%", OPEN);
        screen.print("a", "\r100%", OPEN);
        screen.print("a", "", !OPEN);
        assert_eq!(screen.text(), "[a]   0%\r\u{1b}[K[a] 100%\n");
    }

    #[test]
    fn a_line_end_of_windows_is_one() {
        let mut screen = Written::live();
        screen.print("a", "one\r\ntwo\r", !OPEN);
        assert_eq!(screen.text(), "[a] one\r\ntwo\n");
    }

    #[test]
    fn a_beginning_without_end_is_shown_at_last() {
        let mut screen = Written(Screen::new(Vec::new(), false));
        for _ in 0..=LONGEST_BEGINNING {
            screen.print("a", "x", OPEN);
        }
        assert_eq!(screen.text().len(), "[a] \n".len() + LONGEST_BEGINNING + 1);
    }
}
