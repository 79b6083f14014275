// A box to type JSON into, which says in which line and column it is wrong while one types.

import { useId, useMemo, useRef, type KeyboardEvent } from "react";
import { faultText, readJson, type JsonRead } from "../model/json-text.ts";
import { Button } from "./button.tsx";
import "./json-editor.css";

export interface JsonEditorProps {
  label: string;
  text: string;
  onText: (text: string) => void;
  /** Lines that it is high at least. */
  lines?: number;
  /** What is wrong beside its form, which the caller knows: “an object is expected”. */
  problem?: string | null;
  /** Of Ctrl+Enter. */
  onSubmit?: () => void;
  placeholder?: string;
}

/** What is typed as a value; nothing is as if it were `{}`. */
export function readTyped(text: string): JsonRead {
  return text.trim() === "" ? { ok: true, value: {} } : readJson(text);
}

export function JsonEditor({ label, text, onText, lines = 4, problem = null, onSubmit, placeholder }: JsonEditorProps) {
  const id = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const read = useMemo(() => readTyped(text), [text]);
  const shown = read.ok ? problem : faultText(read.fault);
  const goTo = (): void => {
    if (read.ok) return;
    const before = text.split("\n").slice(0, read.fault.line - 1);
    const offset = before.reduce((sum, line) => sum + line.length + 1, 0) + read.fault.column - 1;
    box.current?.focus();
    box.current?.setSelectionRange(offset, offset);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !onSubmit) return;
    event.preventDefault();
    onSubmit();
  };
  const needed = Math.min(24, Math.max(lines, text.split("\n").length + 1));
  return (
    <div className="json-editor">
      <textarea
        ref={box}
        aria-label={label}
        aria-invalid={shown !== null}
        aria-describedby={shown === null ? undefined : id}
        className="json-editor-text"
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        rows={needed}
        value={text}
        placeholder={placeholder ?? "{}"}
        onChange={(event) => onText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {shown !== null && (
        <p className="json-editor-fault" id={id} role="alert">
          {shown}
          {!read.ok && (
            <Button kind="quiet" onClick={goTo}>
              Go there
            </Button>
          )}
        </p>
      )}
    </div>
  );
}
