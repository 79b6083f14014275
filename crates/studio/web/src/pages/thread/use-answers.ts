// What was chosen and typed for the questions of a thread, until it is sent.

import { useCallback, useMemo, useState } from "react";
import type { Json } from "../../api/wire.ts";
import { firstDraft, readyAnswers, type Draft } from "../../model/answers.ts";
import { cardOf, resumeCommand, type Question } from "../../model/interrupts.ts";

export interface Answers {
  drafts: ReadonlyMap<string, Draft>;
  draftOf: (question: Question) => Draft;
  change: (question: Question, part: Partial<Draft>) => void;
  /** How many of the questions have their answer. */
  ready: number;
  /** What is sent for those; null while there is none. */
  resume: Json | null;
}

export function useAnswers(questions: Question[]): Answers {
  const [drafts, setDrafts] = useState<ReadonlyMap<string, Draft>>(new Map());
  const draftOf = useCallback((question: Question) => drafts.get(question.id) ?? firstDraft(cardOf(question)), [drafts]);
  const change = useCallback((question: Question, part: Partial<Draft>) => {
    setDrafts((before) => {
      const draft = before.get(question.id) ?? firstDraft(cardOf(question));
      return new Map(before).set(question.id, { ...draft, ...part });
    });
  }, []);
  const answers = useMemo(() => readyAnswers(questions, drafts), [questions, drafts]);
  return { drafts, draftOf, change, ready: answers.length, resume: answers.length > 0 ? resumeCommand(answers).resume : null };
}
