//! What the terminal shows, in order, and the person's part in it: answers at a prompt, and keys.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

use jiff::Zoned;
use jiff::civil::DateTime;
use lgx_devserver::{LogStream, Notice};
use tokio::sync::mpsc::UnboundedSender;

use super::desk::Desk;
use super::entry::{Entry, WAITING};
use super::keyboard::TypedInput;
use super::keys::{self, Key};
use super::loading::LoadingLine;
use super::notices::View;
use super::prompts::Prompts;
use super::screen::{Screen, Source};
use super::shown_level::{self, ShownLevel};
use super::typing_mode::{Typing, TypingMode};
use super::{diagnostic, log_line, runs, style};

/// Clears a terminal and what has scrolled out of it.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// Who types.
#[derive(Debug)]
pub(crate) struct Person {
    /// Takes what they want of the server.
    pub(crate) keys: UnboundedSender<Key>,
    /// How what they type is handed over.
    pub(crate) mode: Arc<TypingMode>,
}

/// The one owner of the screen and of what is typed.
pub(super) struct Conversation<W> {
    desk: Desk,
    level: ShownLevel,
    screen: Screen<W>,
    loading: LoadingLine,
    /// None when no person can type.
    person: Option<Person>,
    /// The last failure, as it was told first.
    failure: Option<String>,
    prompts: Prompts,
    /// What came while somebody was at the prompt: it would be in the midst of what they type.
    held: VecDeque<Entry>,
    held_too_many: usize,
}

impl<W: Write> Conversation<W> {
    /// `live` is for a screen that a person looks at, `person` for one who types; `level` is that of the view, for others to see.
    pub(super) fn new(
        view: View,
        level: ShownLevel,
        screen: Screen<W>,
        live: bool,
        person: Option<Person>,
    ) -> Self {
        Self {
            desk: Desk::new(view),
            level,
            screen,
            loading: LoadingLine::new(live),
            person,
            failure: None,
            prompts: Prompts::default(),
            held: VecDeque::new(),
            held_too_many: 0,
        }
    }

    /// The next entry; none after the last one. Meanwhile the next question is asked, and what takes long or was counted is shown.
    pub(super) fn next(&mut self, entries: &Receiver<Entry>) -> Option<Entry> {
        loop {
            self.ask_next(Instant::now());
            let now = Instant::now();
            let lines = self.loading.due().into_iter().chain(self.desk.due());
            let lines = lines.filter(|_| !self.prompts.is_open());
            let next_question = self.prompts.patience(now).map(|patience| now + patience);
            let next = match lines.chain(next_question).min() {
                Some(due) => entries.recv_timeout(due.saturating_duration_since(now)),
                None => entries.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(Entry::End) | Err(RecvTimeoutError::Disconnected) => return None,
                Ok(entry) => return Some(entry),
                Err(RecvTimeoutError::Timeout) => self.pass(Instant::now()),
            }
        }
    }

    /// Nothing has come until now.
    fn pass(&mut self, now: Instant) {
        if self.prompts.is_open() {
            return;
        }
        self.tell_counted(now);
        if self.loading.due().is_some_and(|due| due <= now) {
            self.screen.break_line();
            self.loading.show();
        }
    }

    fn tell_counted(&mut self, now: Instant) {
        if let Some(text) = self.desk.counted(now) {
            self.say(&format!("{} {text}", time(Zoned::now().datetime())));
        }
    }

    /// Does what an entry says.
    pub(super) fn take(&mut self, entry: Entry) {
        match entry {
            // Dropped, it is answered: there is no terminal.
            Entry::Ask(question) => {
                if self.person.is_some() {
                    self.prompts.ask(question);
                }
            }
            Entry::Sweep => self.sweep(),
            Entry::Typed(TypedInput::Keys(keys)) => self.pressed(&keys),
            Entry::Typed(TypedInput::Line(line)) => self.entered(line),
            Entry::Typed(TypedInput::NoMore) => {
                self.person = None;
                self.prompts.clear();
                self.release();
            }
            entry if self.prompts.is_open() => {
                self.held.push_back(entry);
                if self.held.len() > WAITING {
                    self.held.pop_front();
                    self.held_too_many += 1;
                }
            }
            entry => self.show(entry),
        }
    }

    /// Shows what is left.
    pub(super) fn end(&mut self) {
        if self.prompts.is_open() {
            self.screen.write("\n");
        }
        self.prompts.clear();
        self.release();
        self.loading.end();
        self.screen.end();
    }

    fn show(&mut self, entry: Entry) {
        self.tell_counted(Instant::now());
        match entry {
            Entry::Text(text) => self.say(&text),
            Entry::Record(record, at) => {
                self.say(&format!("{} {}", time(at.datetime()), record.text()));
            }
            Entry::Notice(notice, at) => match *notice {
                Notice::Loading { what } => self.loading.begin(&what, Instant::now()),
                Notice::LoadingEnded => self.loading.end(),
                notice => self.tell(&notice, at.datetime()),
            },
            Entry::Ask(_) | Entry::Sweep | Entry::Typed(_) | Entry::End => {}
        }
    }

    fn say(&mut self, text: &str) {
        self.loading.step_aside(Instant::now());
        self.screen.say(text);
    }

    /// Shows what was held while somebody was at the prompt.
    fn release(&mut self) {
        let too_many = std::mem::take(&mut self.held_too_many);
        if too_many > 0 {
            self.say(&left_out(too_many));
        }
        for entry in std::mem::take(&mut self.held) {
            self.show(entry);
        }
    }

    fn ask_next(&mut self, now: Instant) {
        if let Some((question, goes_on)) = self.prompts.open_next(now) {
            self.loading.step_aside(now);
            if let Some(person) = &self.person {
                person.mode.want(Typing::Lines);
            }
            let run_id = question.run_id.as_deref();
            let begins = self.screen.break_line_of_others(run_id);
            if begins && !(goes_on && question.debugger) {
                let tag = runs::tag(run_id);
                self.screen.write(&format!("{tag} {}", question.prompt));
            } else {
                self.screen.write(&question.prompt);
            }
        }
    }

    fn sweep(&mut self) {
        if let Some(question) = self.prompts.withdraw() {
            if let Some(person) = &self.person {
                person.mode.want_anew(Typing::Keys);
            }
            let tag = runs::tag(question.run_id.as_deref());
            self.screen
                .write(&format!("\n{tag} was stopped, and asks no more\n"));
            self.release();
        }
    }

    /// Takes a line. It is an answer, unless nobody asks: then it is a key, as it came from a terminal that gives lines only.
    fn entered(&mut self, line: String) {
        if !self.prompts.is_open() {
            return self.pressed(&line);
        }
        if !line.ends_with('\n') {
            self.screen.write("\n");
        }
        if let Some(person) = &self.person {
            person.mode.want(Typing::Keys);
        }
        self.prompts.answer(line, Instant::now());
        self.release();
    }

    /// Does what a key means. Those that were pressed before somebody asked, and came after, are no answer.
    fn pressed(&mut self, keys: &str) {
        if self.prompts.is_open() {
            return;
        }
        let now = Instant::now();
        match Key::of(keys) {
            // Space on the screen, as in a shell.
            None if keys == "\n" => self.say(""),
            None => {}
            Some(Key::Help) => self.say(&keys::help()),
            Some(Key::Clear) => {
                self.loading.step_aside(now);
                self.screen.write(CLEAR);
            }
            Some(Key::LogLevel) => {
                let level = self.level.next();
                self.desk.show_from(level);
                self.say(&format!("Log level {}", shown_level::told(level)));
            }
            Some(Key::Traceback) => match self.failure.clone() {
                Some(failure) => self.say(&failure),
                None => self.say("Nothing has failed since the start"),
            },
            Some(key) => {
                if let Some(person) = &self.person {
                    // Nobody takes it any more when the server is about to end.
                    let _ = person.keys.send(key);
                }
            }
        }
    }

    fn tell(&mut self, notice: &Notice, at: DateTime) {
        match notice {
            Notice::Log(line) if line.stream == LogStream::Terminal => self.say(&line.text),
            Notice::Log(line) if line.stream != LogStream::Logging => {
                self.loading.step_aside(Instant::now());
                let tag = format!("{} {}", time(at), log_line::tag(line));
                let text = diagnostic::indented_lines(&line.text, "  ");
                self.screen.print(Source::of(line), &tag, &text, line.open);
            }
            _ => {
                if let Some(failure) = self.desk.failure(notice) {
                    self.failure = Some(format!("{} {failure}", time(at)));
                }
                if let Some(text) = self.desk.text(notice, Instant::now()) {
                    match notice {
                        // What is wrong with the project is wrong at any time.
                        Notice::Config(_)
                        | Notice::GraphFailed { .. }
                        | Notice::GraphNotice { .. }
                        | Notice::NotRecorded { .. } => self.say(&text),
                        _ => self.say(&format!("{} {text}", time(at))),
                    }
                }
            }
        }
    }
}

/// What is said of lines that found no place.
pub(super) fn left_out(lines: usize) -> String {
    format!(
        "{} {lines} lines are not shown: they came too fast",
        style::warning()
    )
}

fn time(at: DateTime) -> String {
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    style::quiet(format_args!("{hour:02}:{minute:02}:{second:02}"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::mpsc::channel;

    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use lgx_devserver::{Diagnostic, LogLine, Question};
    use tokio::sync::mpsc::unbounded_channel;
    use tokio::sync::oneshot;

    use super::*;
    use crate::args::code::LogLevel;

    fn printed(run_id: &str, text: &str, open: bool) -> Entry {
        let line = LogLine {
            run_id: Some(run_id.to_owned()),
            stream: LogStream::Stdout,
            level: "info".to_owned(),
            logger: None,
            text: text.to_owned(),
            open,
            node: None,
            task_id: None,
        };
        noticed(Notice::Log(line))
    }

    fn noticed(notice: Notice) -> Entry {
        let at = date(2026, 1, 2).at(3, 4, 5, 0);
        Entry::Notice(Box::new(notice), at.to_zoned(TimeZone::UTC).unwrap())
    }

    /// What is on the screen after the entries, with what was typed as a terminal would show it, and the keys pressed.
    fn shown(entries: impl IntoIterator<Item = Entry>, can_type: bool) -> (String, Vec<Key>) {
        let (send, received) = channel();
        for entry in entries {
            send.send(entry).unwrap();
        }
        drop(send);
        let view = View {
            level: LogLevel::Info,
            root: PathBuf::from("/p"),
            shows_runs: true,
        };
        let (keys, mut pressed) = unbounded_channel();
        let mut out = Vec::new();
        let screen = Screen::new(&mut out, true);
        let person = can_type.then(|| person(keys));
        let mut conversation =
            Conversation::new(view, ShownLevel::new(LogLevel::Info), screen, true, person);
        while let Some(entry) = conversation.next(&received) {
            conversation.take(entry);
        }
        conversation.end();
        drop(conversation);
        let text = String::from_utf8(out).unwrap();
        let pressed = std::iter::from_fn(|| pressed.try_recv().ok()).collect();
        (anstream::adapter::strip_str(&text).to_string(), pressed)
    }

    fn typed(line: &str) -> Entry {
        Entry::Typed(TypedInput::Line(line.to_owned()))
    }

    fn pressed(keys: &str) -> Entry {
        Entry::Typed(TypedInput::Keys(keys.to_owned()))
    }

    fn person(keys: UnboundedSender<Key>) -> Person {
        Person {
            keys,
            mode: Arc::default(),
        }
    }

    fn asked(run_id: &str, prompt: &str, debugger: bool) -> (Entry, Answer) {
        let (answer, typed) = oneshot::channel();
        let question = Question {
            run_id: Some(run_id.to_owned()),
            prompt: prompt.to_owned(),
            debugger,
            answer,
        };
        (Entry::Ask(question), typed)
    }

    type Answer = oneshot::Receiver<String>;

    #[test]
    fn what_happens_while_serving_is_told_with_its_time() {
        let (shown, _) = shown(
            [
                printed("0199-0442ab", "to", true),
                printed("0199-0442ab", "ken", true),
                noticed(Notice::Reloading {
                    changed: vec![PathBuf::from("/p/a.py")],
                }),
                printed("0199-0442ab", "two\nlines", false),
            ],
            true,
        );

        insta::assert_snapshot!(shown, @r"
        03:04:05 [run 0442ab] token
        03:04:05 Reloading: a.py
        03:04:05 [run 0442ab] two
          lines
        ");
    }

    #[test]
    fn a_question_is_answered_by_the_next_line_and_other_lines_wait_for_it() {
        let (question, mut answer) = asked("0199-0442ab", "Name? ", false);
        let (shown, pressed) = shown(
            [
                question,
                printed("0199-ffffff", "of another run", false),
                pressed("k"),
                typed("Ada\n"),
                pressed("q"),
            ],
            true,
        );

        assert_eq!(answer.try_recv().as_deref(), Ok("Ada\n"));
        assert_eq!(
            shown, "[run 0442ab] Name? 03:04:05 [run ffffff] of another run\n",
            "the terminal itself shows what is typed, and its newline"
        );
        assert_eq!(pressed, [Key::Quit]);
    }

    #[test]
    fn a_prompt_that_was_printed_stays_where_it_is() {
        let (question, _answer) = asked("0199-0442ab", "", false);
        let (shown, _) = shown([printed("0199-0442ab", "Name? ", true), question], true);

        assert_eq!(shown, "03:04:05 [run 0442ab] Name? \n");
    }

    #[test]
    fn a_debugger_says_who_it_is_once() {
        let (first, _answer) = asked("0199-0442ab", "(Pdb) ", true);
        let (second, _answer_too) = asked("0199-0442ab", "(Pdb) ", true);
        let (shown, _) = shown([first, typed("n\n"), second], true);

        assert_eq!(shown, "[run 0442ab] (Pdb) (Pdb) \n");
    }

    #[test]
    fn a_question_of_a_run_that_is_stopped_leaves_the_prompt() {
        let (question, answer) = asked("0199-0442ab", "Name? ", false);
        let (keys, mut pressed) = unbounded_channel();
        let mut out = Vec::new();
        let view = View {
            level: LogLevel::Info,
            root: PathBuf::from("/p"),
            shows_runs: true,
        };
        let screen = Screen::new(&mut out, true);
        let level = ShownLevel::new(LogLevel::Info);
        let mut conversation = Conversation::new(view, level, screen, true, Some(person(keys)));
        conversation.take(question);
        conversation.ask_next(Instant::now());
        conversation.take(printed("0199-ffffff", "meanwhile", false));
        drop(answer);
        conversation.take(Entry::Sweep);
        conversation.take(typed("r\n"));
        conversation.end();
        drop(conversation);

        let shown = String::from_utf8(out).unwrap();
        assert_eq!(
            anstream::adapter::strip_str(&shown).to_string(),
            "[run 0442ab] Name? \n[run 0442ab] was stopped, and asks no more\n03:04:05 [run ffffff] meanwhile\n"
        );
        assert_eq!(pressed.try_recv(), Ok(Key::Reload));
    }

    #[test]
    fn the_last_failure_is_shown_again_with_its_time_however_briefly_it_was_told() {
        let failed = |message: &str| {
            let diagnostic = Diagnostic {
                kind: "ValueError".to_owned(),
                message: message.to_owned(),
                file: Some("/p/a.py".to_owned()),
                line: Some(3),
                column: None,
                source: None,
                function: None,
                traceback: "  File \"/p/a.py\", line 3, in act".to_owned(),
                hint: None,
            };
            noticed(Notice::RunFailed {
                run_id: "0199-0442ab".to_owned(),
                diagnostic,
            })
        };
        let (shown, _) = shown(
            [pressed("t"), failed("one"), failed("two"), pressed("t")],
            true,
        );

        insta::assert_snapshot!(shown, @r#"
        Nothing has failed since the start
        03:04:05 error: run 0199-0442ab failed
          a.py:3
          ValueError: one
            File "/p/a.py", line 3, in act
        03:04:05 error: run 0442ab failed: ValueError: two (a.py:3; told above)
        03:04:05 error: run 0199-0442ab failed
          a.py:3
          ValueError: two
            File "/p/a.py", line 3, in act
        "#);
    }

    #[test]
    fn an_empty_screen_is_a_key_away_and_a_paste_does_nothing() {
        let (keys, mut pressed_keys) = unbounded_channel();
        let mut out = Vec::new();
        let view = View {
            level: LogLevel::Info,
            root: PathBuf::from("/p"),
            shows_runs: true,
        };
        let level = ShownLevel::new(LogLevel::Info);
        let screen = Screen::new(&mut out, true);
        let mut conversation = Conversation::new(view, level, screen, true, Some(person(keys)));
        conversation.take(pressed("c"));
        conversation.take(pressed("quit"));
        conversation.end();
        drop(conversation);

        assert_eq!(String::from_utf8(out).unwrap(), CLEAR);
        assert!(pressed_keys.try_recv().is_err());
    }

    #[test]
    fn more_is_shown_from_the_key_on() {
        let asked = || {
            noticed(Notice::Request {
                method: "GET".to_owned(),
                path: "/ok".to_owned(),
                status: 200,
                took: std::time::Duration::ZERO,
                detail: None,
                told: false,
                headers: Vec::new(),
            })
        };
        let (shown, _) = shown(
            [
                asked(),
                pressed("l"),
                asked(),
                pressed("l"),
                asked(),
                pressed("\n"),
            ],
            true,
        );

        insta::assert_snapshot!(shown, @"
        Log level debug: also every request
        03:04:05 GET /ok 200 0 ms
        Log level error: only what failed, and what the code prints
        ");
    }

    #[test]
    fn where_nobody_can_type_a_question_is_refused() {
        let (question, mut answer) = asked("0199-0442ab", "Name? ", false);
        let (shown, _) = shown([question], false);

        assert_eq!(answer.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        assert_eq!(shown, "");
    }
}
