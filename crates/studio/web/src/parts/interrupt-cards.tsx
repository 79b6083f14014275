// What nodes ask before they go on, a card for each question, with the controls that its shape calls for.

import { useState, type KeyboardEvent } from "react";
import type { Draft, Choice } from "../model/answers.ts";
import { cardOf, type AskedAction, type Decision, type InterruptCard, type Question } from "../model/interrupts.ts";
import { Button } from "./button.tsx";
import { JsonEditor } from "./json-editor.tsx";
import { JsonView } from "./json-view.tsx";
import { SEND_KEYS } from "./keys-of-platform.ts";
import { MarkdownText } from "./markdown.tsx";
import { SchemaForm } from "./schema-form.tsx";
import { Seg } from "./seg.tsx";
import "./interrupt-cards.css";

/** A question with who asks it. */
export interface AskedQuestion extends Question {
  node: string | null;
}

interface Props {
  questions: AskedQuestion[];
  draftOf: (question: Question) => Draft;
  change: (question: Question, part: Partial<Draft>) => void;
  /** Sends what is ready; Ctrl+Enter in a card, or the approval of the only action. */
  onResume: () => void;
  busy: boolean;
}

export function InterruptCards({ questions, draftOf, change, onResume, busy }: Props) {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    event.preventDefault();
    onResume();
  };
  return (
    // The keys are those of the controls within.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="interrupts" onKeyDown={onKeyDown}>
      {questions.map((question) => (
        <InterruptCardView
          key={question.id}
          question={question}
          alone={questions.length === 1}
          draft={draftOf(question)}
          change={(part) => change(question, part)}
          onResume={onResume}
          busy={busy}
        />
      ))}
    </div>
  );
}

interface CardProps {
  question: AskedQuestion;
  alone: boolean;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  onResume: () => void;
  busy: boolean;
}

function InterruptCardView({ question, alone, draft, change, onResume, busy }: CardProps) {
  const card = cardOf(question);
  const who = question.node ?? "The graph";
  return (
    <section className="interrupt" aria-label={`${who} asks`} data-interrupt={question.id}>
      <h3>{who} asks before it goes on</h3>
      {card.shape === "plain" ? (
        <PlainCard card={card} draft={draft} change={change} onResume={onResume} />
      ) : (
        <ActionsCard card={card} draft={draft} change={change} alone={alone} busy={busy} />
      )}
    </section>
  );
}

const MODES = [
  { value: "text", label: "Text" },
  { value: "json", label: "JSON" },
] as const;
const MODES_WITH_FORM = [{ value: "form", label: "Form" }, ...MODES] as const;

function PlainCard({ card, draft, change, onResume }: { card: Extract<InterruptCard, { shape: "plain" }> } & Pick<CardProps, "draft" | "change" | "onResume">) {
  return (
    <>
      {typeof card.value === "string" ? (
        <MarkdownText text={card.value} />
      ) : (
        <div className="interrupt-value">
          <JsonView value={card.value} label="The question" />
        </div>
      )}
      <div className="interrupt-answer">
        <Seg label="Answer with" options={card.schema === null ? MODES : MODES_WITH_FORM} value={draft.mode} onChange={(mode) => change({ mode })} />
        {draft.mode === "text" && (
          <textarea
            aria-label="Answer"
            className="interrupt-text"
            rows={2}
            placeholder="Your answer, as text"
            value={draft.text}
            onChange={(event) => change({ text: event.currentTarget.value })}
          />
        )}
        {draft.mode === "json" && <JsonEditor label="Answer as JSON" text={draft.json} onText={(json) => change({ json })} lines={3} onSubmit={onResume} placeholder='true, 42, {"key": "value"}' />}
        {draft.mode === "form" && card.schema !== null && <SchemaForm schema={card.schema} value={draft.form} onValue={(form) => change({ form })} label="Answer" />}
      </div>
    </>
  );
}

type ActionCard = Extract<InterruptCard, { shape: "inbox" | "hitl" }>;

function ActionsCard({ card, draft, change, alone, busy }: { card: ActionCard } & Pick<CardProps, "draft" | "change" | "alone" | "busy">) {
  const actions = card.shape === "inbox" ? [card.action] : card.actions;
  const choose = (at: number, choice: Choice): void => change({ choices: draft.choices.with(at, choice) });
  return (
    <>
      {actions.map((action, at) => {
        const choice = draft.choices[at];
        // An action has no id; their number and order are fixed.
        // oxlint-disable-next-line react/no-array-index-key
        return choice ? <ActionView key={at} action={action} choice={choice} choose={(next) => choose(at, next)} only={alone && actions.length === 1} busy={busy} /> : null;
      })}
    </>
  );
}

const LABELS: Record<Decision["type"], string> = { approve: "Approve", edit: "Edit", reject: "Reject…", respond: "Respond", ignore: "Ignore" };

interface ActionProps {
  action: AskedAction;
  choice: Choice;
  choose: (choice: Choice) => void;
  only: boolean;
  busy: boolean;
}

function ActionView({ action, choice, choose, only, busy }: ActionProps) {
  const [touched, setTouched] = useState(false);
  return (
    <div className="interrupt-action" role="group" aria-label={action.name}>
      {action.description !== null && (
        <div className="interrupt-description">
          <MarkdownText text={action.description} />
        </div>
      )}
      {choice.type === "edit" ? (
        <JsonEditor
          label={`Arguments of ${action.name}`}
          text={choice.args}
          onText={(args) => {
            setTouched(true);
            choose({ ...choice, args });
          }}
        />
      ) : (
        <div className="interrupt-value">
          <span className="interrupt-name">{action.name}</span>
          <JsonView value={action.args} label={`Arguments of ${action.name}`} />
        </div>
      )}
      {(choice.type === "reject" || choice.type === "respond") && (
        <textarea
          aria-label={choice.type === "reject" ? "Reason" : "Response"}
          className="interrupt-text"
          rows={2}
          placeholder={choice.type === "reject" ? "Why not (the model reads it)" : "What the model reads in place of the tool's answer"}
          value={choice.words}
          onChange={(event) => choose({ ...choice, words: event.currentTarget.value })}
        />
      )}
      <div className="interrupt-row">
        {action.allowed.map((type) => {
          const on = choice.type === type || (only && choice.type === null && type === "approve");
          return (
            <Button
              key={type}
              kind={on ? "primary" : "plain"}
              aria-pressed={choice.type === type}
              disabled={busy}
              keys={only && choice.type === null && type === "approve" ? SEND_KEYS : undefined}
              onClick={() => choose({ ...choice, type: choice.type === type && !touched ? null : type })}
            >
              {LABELS[type]}
            </Button>
          );
        })}
        {action.allowed.length === 0 && <span>No answer is allowed by the node's own configuration.</span>}
      </div>
    </div>
  );
}
