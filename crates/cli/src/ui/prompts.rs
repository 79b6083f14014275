//! Whose question is at the prompt: one at a time, in the order they came; a run that is being answered goes on first.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use lgx_devserver::Question;

/// How long after an answer the same run may ask again before others are asked: a debugger soon has its next prompt.
const SAME_RUN: Duration = Duration::from_secs(1);

/// The questions that wait for the person.
#[derive(Debug, Default)]
pub(crate) struct Prompts {
    waiting: VecDeque<Question>,
    open: Option<Question>,
    answered: Option<Answered>,
}

/// The last answer.
#[derive(Debug)]
struct Answered {
    run_id: Option<String>,
    at: Instant,
}

impl Prompts {
    /// Puts a question at the end of the queue.
    pub(crate) fn ask(&mut self, question: Question) {
        self.waiting.push_back(question);
    }

    /// Whether a question is at the prompt.
    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Puts the next question at the prompt if there is one to be asked now: it, and whether the same run was answered last.
    pub(crate) fn open_next(&mut self, now: Instant) -> Option<(&Question, bool)> {
        if self.is_open() {
            return None;
        }
        self.waiting.retain(|question| !question.answer.is_closed());
        let same = self
            .waiting
            .iter()
            .position(|question| self.goes_on(question));
        let at = match same {
            Some(at) => at,
            None if self.patience(now).is_none() => 0,
            None => return None,
        };
        let question = self.waiting.remove(at)?;
        Some((self.open.insert(question), same.is_some()))
    }

    /// For how long nothing is to be asked unless the run asks that was answered last; none when nobody waits.
    pub(crate) fn patience(&self, now: Instant) -> Option<Duration> {
        let answered = self.answered.as_ref()?;
        let left = SAME_RUN.checked_sub(now.duration_since(answered.at))?;
        (!self.is_open() && !self.waiting.is_empty() && !left.is_zero()).then_some(left)
    }

    /// Answers the question at the prompt; false when there is none.
    pub(crate) fn answer(&mut self, typed: String, now: Instant) -> bool {
        let Some(question) = self.open.take() else {
            return false;
        };
        self.answered = Some(Answered {
            run_id: question.run_id,
            at: now,
        });
        // Whoever asked may just have gone.
        let _ = question.answer.send(typed);
        true
    }

    /// Takes away the question at the prompt if nobody waits for its answer any more.
    pub(crate) fn withdraw(&mut self) -> Option<Question> {
        self.open.take_if(|question| question.answer.is_closed())
    }

    /// Drops all questions: nobody will answer.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn goes_on(&self, question: &Question) -> bool {
        self.answered
            .as_ref()
            .is_some_and(|answered| answered.run_id == question.run_id)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    fn question(run: &str, prompt: &str) -> (Question, oneshot::Receiver<String>) {
        let (answer, typed) = oneshot::channel();
        let question = Question {
            run_id: Some(run.to_owned()),
            prompt: prompt.to_owned(),
            debugger: true,
            answer,
        };
        (question, typed)
    }

    fn opened(prompts: &mut Prompts, now: Instant) -> Option<String> {
        prompts
            .open_next(now)
            .map(|(question, _)| question.prompt.clone())
    }

    #[test]
    fn questions_are_asked_one_after_the_other() {
        let now = Instant::now();
        let mut prompts = Prompts::default();
        let (first, mut typed) = question("a", "one");
        let (second, _stays) = question("b", "two");
        prompts.ask(first);
        prompts.ask(second);

        assert_eq!(opened(&mut prompts, now).as_deref(), Some("one"));
        assert_eq!(opened(&mut prompts, now), None);
        assert!(prompts.answer("yes\n".to_owned(), now));
        assert_eq!(typed.try_recv().as_deref(), Ok("yes\n"));
        assert!(!prompts.answer("nobody asked\n".to_owned(), now));
    }

    #[test]
    fn the_run_that_is_being_answered_goes_on_before_others() {
        let now = Instant::now();
        let mut prompts = Prompts::default();
        let mut receivers = Vec::new();
        for (run, prompt) in [("a", "a1"), ("b", "b1")] {
            let (asked, typed) = question(run, prompt);
            prompts.ask(asked);
            receivers.push(typed);
        }
        assert_eq!(opened(&mut prompts, now).as_deref(), Some("a1"));
        prompts.answer("n\n".to_owned(), now);

        assert_eq!(opened(&mut prompts, now), None, "it may ask again");
        assert!(prompts.patience(now).is_some());
        let (again, _typed) = question("a", "a2");
        prompts.ask(again);
        assert_eq!(opened(&mut prompts, now).as_deref(), Some("a2"));
        prompts.answer("c\n".to_owned(), now);

        let later = now + SAME_RUN;
        assert_eq!(prompts.patience(later), None);
        assert_eq!(opened(&mut prompts, later).as_deref(), Some("b1"));
    }

    #[test]
    fn a_question_that_nobody_waits_for_leaves_the_prompt_and_the_queue() {
        let now = Instant::now();
        let mut prompts = Prompts::default();
        let (first, typed) = question("a", "one");
        let (second, gone) = question("b", "two");
        prompts.ask(first);
        prompts.ask(second);
        assert!(opened(&mut prompts, now).is_some());
        assert!(prompts.withdraw().is_none());

        drop(typed);
        drop(gone);

        assert!(prompts.withdraw().is_some());
        assert_eq!(opened(&mut prompts, now), None);
    }
}
