// What a step changed in the state, a line for each change; a line opens into the whole value.

import type { ReactNode } from "react";
import type { Json } from "../api/wire.ts";
import { preview } from "../model/json-rows.ts";
import { isObject, textAt } from "../model/json.ts";
import { isMessage } from "../model/messages.ts";
import type { Change, ItemChange } from "../model/state-diff.ts";
import { JsonView } from "./json-view.tsx";
import "./diff-view.css";

const MARKS = { added: "+", removed: "−", changed: "~" } as const;
const WORDS = { added: "added", removed: "removed", changed: "changed" } as const;

export function DiffView({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return <p className="diff-none">Nothing changed in the state.</p>;
  return (
    <ul className="diff" aria-label="What changed">
      {changes.map((change) => (
        <ChangeLines key={change.key} change={change} />
      ))}
    </ul>
  );
}

function ChangeLines({ change }: { change: Change }) {
  switch (change.kind) {
    case "added":
      return <Line kind="added" name={change.key} words={valueLine(change.value)} whole={change.value} />;
    case "removed":
      return <Line kind="removed" name={change.key} words={valueLine(change.value)} whole={change.value} />;
    case "changed":
      return (
        <Line
          kind="changed"
          name={change.key}
          words={`${valueLine(change.before)} → ${valueLine(change.after)}`}
          whole={change.after}
          before={change.before}
        />
      );
    case "list":
      return change.items.map((item) => (
        <Line
          key={`${item.kind} ${item.index}`}
          kind={item.kind}
          name={`${change.key}[${item.index}]`}
          words={itemLine(item)}
          whole={item.value}
          before={item.before ?? undefined}
        />
      ));
  }
}

function itemLine(item: ItemChange): string {
  return item.before === null ? valueLine(item.value) : `${valueLine(item.before)} → ${valueLine(item.value)}`;
}

/** A message by who says what, anything else as JSON, on one line. */
function valueLine(value: Json): string {
  if (!isMessage(value)) return preview(value, 80);
  const role = textAt(value, "type") ?? textAt(value, "role") ?? "message";
  const { content, tool_calls: calls } = value;
  if (Array.isArray(calls) && calls.length > 0 && (content === "" || content === null)) {
    return `${role} → ${calls.map((call) => (isObject(call) ? (textAt(call, "name") ?? "?") : "?")).join(", ")}`;
  }
  return `${role} ${preview(content ?? null, 70)}`;
}

interface LineProps {
  kind: keyof typeof MARKS;
  name: string;
  words: ReactNode;
  whole: Json;
  before?: Json | undefined;
}

function Line({ kind, name, words, whole, before }: LineProps) {
  return (
    <li className={`diff-line diff-${kind}`}>
      <details>
        <summary>
          <span className="diff-mark" aria-label={WORDS[kind]}>
            {MARKS[kind]}
          </span>
          <span className="diff-name">{name}</span>
          <span className="diff-words">{words}</span>
        </summary>
        {before !== undefined && (
          <div className="diff-whole">
            <p>before</p>
            <JsonView value={before} label={`${name} before`} />
            <p>after</p>
          </div>
        )}
        <div className="diff-whole">
          <JsonView value={whole} label={name} />
        </div>
      </details>
    </li>
  );
}
