// The control of one shape of a schema, and those of what is in it.

import { Plus, X } from "lucide-react";
import { useId, type ReactNode } from "react";
import { newItem, type Draft, type Field, type FieldError, type Shape } from "../model/schema-form.ts";
import { Button } from "./button.tsx";
import { JsonEditor } from "./json-editor.tsx";

interface Props {
  shape: Shape;
  draft: Draft;
  onDraft: (draft: Draft) => void;
  /** As in the faults: `a.b[2]`. */
  path: string;
  name: string;
  errors: FieldError[];
}

const faultAt = (errors: FieldError[], path: string): string | null => errors.find((error) => error.path === path)?.message ?? null;

export function ShapeControl(props: Props) {
  const { shape, draft, onDraft, name } = props;
  if (draft.kind === "json" || shape.kind === "json") {
    return <JsonEditor label={name} lines={2} text={draft.kind === "json" ? draft.text : ""} onText={(text) => onDraft(text.trim() === "" ? { kind: "absent" } : { kind: "json", text })} placeholder="JSON" />;
  }
  switch (shape.kind) {
    case "object":
      return <ObjectControl {...props} shape={shape} />;
    case "list":
      return <ListControl {...props} shape={shape} />;
    case "choice":
      return <ChoiceControl {...props} shape={shape} />;
    case "messages":
      return <MessagesControl {...props} />;
    default:
      return <SimpleControl {...props} shape={shape} />;
  }
}

type Simple = Extract<Shape, { kind: "text" | "number" | "flag" | "pick" | "anything" }>;

function SimpleControl({ shape, draft, onDraft, path, name, errors }: Props & { shape: Simple }) {
  const wrong = faultAt(errors, path) !== null;
  if (shape.kind === "flag" || shape.kind === "pick") {
    const values = shape.kind === "flag" ? [true, false] : shape.values;
    const picked = draft.kind === "flag" ? (draft.on ? "0" : "1") : draft.kind === "pick" ? String(draft.index) : draft.kind;
    const choose = (value: string): void => {
      if (value === "absent" || value === "null") onDraft({ kind: value });
      else onDraft(shape.kind === "flag" ? { kind: "flag", on: value === "0" } : { kind: "pick", index: Number(value) });
    };
    return (
      <select aria-label={name} value={picked} aria-invalid={wrong} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="absent">–</option>
        {shape.nullable && <option value="null">null</option>}
        {values.map((value, index) => (
          <option key={JSON.stringify(value)} value={index}>
            {typeof value === "string" ? value : JSON.stringify(value)}
          </option>
        ))}
      </select>
    );
  }
  const text = draft.kind === "text" ? draft.text : "";
  const put = (typed: string): void => onDraft(typed === "" ? { kind: "absent" } : { kind: "text", text: typed });
  const shared = { "aria-label": name, "aria-invalid": wrong, value: text, placeholder: draft.kind === "null" ? "null" : shape.kind === "anything" ? "a text, or JSON" : "" };
  return (
    <span className="schema-text">
      {shape.kind === "number" ? (
        <input inputMode="decimal" {...shared} onChange={(event) => put(event.currentTarget.value)} />
      ) : shape.kind === "anything" || shape.format === "plain" ? (
        <textarea rows={Math.min(12, text.split("\n").length)} {...shared} onChange={(event) => put(event.currentTarget.value)} />
      ) : (
        <input type="text" {...shared} onChange={(event) => put(event.currentTarget.value)} />
      )}
      {shape.nullable && (
        <Button kind="quiet" aria-pressed={draft.kind === "null"} onClick={() => onDraft(draft.kind === "null" ? { kind: "absent" } : { kind: "null" })}>
          null
        </Button>
      )}
    </span>
  );
}

/** `whole number`, `text`: what may be typed. */
function kindOf(shape: Shape): string {
  const words: Record<Shape["kind"], string> = { text: "text", number: "number", flag: "yes or no", pick: "one of", list: "list", object: "object", choice: "one of", messages: "messages", anything: "text or JSON", json: "JSON" };
  const word = shape.kind === "number" && shape.whole ? "whole number" : shape.kind === "text" && shape.format !== "plain" ? shape.format : words[shape.kind];
  return shape.nullable && shape.kind !== "anything" ? `${word} or null` : word;
}

function FieldRow({ field, error, children }: { field: Field; error: string | null; children: ReactNode }) {
  const id = useId();
  return (
    <div className="schema-field" data-field={field.key}>
      <div className="schema-field-head">
        <span className="schema-field-name" id={id}>
          {field.key}
        </span>
        {field.title !== field.key && field.title.toLowerCase() !== field.key.replaceAll("_", " ").toLowerCase() && <span>{field.title}</span>}
        <span className="schema-field-kind">
          {kindOf(field.shape)}
          {field.required ? ", needed" : ""}
          {field.initial !== undefined && field.initial !== null ? `, ${JSON.stringify(field.initial)} by default` : ""}
        </span>
      </div>
      {field.description !== null && <p className="schema-field-about">{field.description}</p>}
      {children}
      {error !== null && (
        <p className="schema-field-fault" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function ObjectControl({ shape, draft, onDraft, path, errors, name }: Props & { shape: Extract<Shape, { kind: "object" }> }) {
  if (draft.kind !== "object") {
    return (
      <Button className="schema-fill" onClick={() => onDraft(newItem(shape))}>
        <Plus /> Fill in
      </Button>
    );
  }
  const put = (key: string, next: Draft): void => onDraft({ ...draft, fields: { ...draft.fields, [key]: next } });
  const rest = Object.keys(draft.rest);
  return (
    <div className={path === "" ? "schema-object" : "schema-object schema-nested"} {...(path === "" ? {} : { role: "group", "aria-label": name })}>
      {shape.fields.map((field) => {
        const here = path === "" ? field.key : `${path}.${field.key}`;
        return (
          <FieldRow key={field.key} field={field} error={field.shape.kind === "json" ? null : faultAt(errors, here)}>
            <ShapeControl shape={field.shape} draft={draft.fields[field.key] ?? { kind: "absent" }} onDraft={(next) => put(field.key, next)} path={here} name={field.key} errors={errors} />
          </FieldRow>
        );
      })}
      {(rest.length > 0 || (shape.open && shape.fields.length === 0)) && (
        <JsonEditor
          label={shape.fields.length === 0 ? name : "Other keys"}
          lines={2}
          text={rest.length > 0 ? JSON.stringify(draft.rest, null, 2) : ""}
          onText={(text) => onDraft({ kind: "json", text })}
        />
      )}
      {path !== "" && (
        <Button kind="quiet" className="schema-fill" onClick={() => onDraft({ kind: "absent" })}>
          <X /> Leave out
        </Button>
      )}
    </div>
  );
}

function ListControl({ shape, draft, onDraft, path, name, errors }: Props & { shape: Extract<Shape, { kind: "list" }> }) {
  const items = draft.kind === "list" ? draft.items : [];
  const put = (next: Draft[]): void => onDraft(next.length === 0 ? { kind: "absent" } : { kind: "list", items: next });
  return (
    <div className="schema-list">
      {items.map((item, at) => (
        // Items have no ids.
        // oxlint-disable-next-line react/no-array-index-key
        <div className="schema-item" key={at}>
          <ShapeControl shape={shape.item} draft={item} onDraft={(next) => put(items.with(at, next))} path={`${path}[${at}]`} name={`${name} ${at + 1}`} errors={errors} />
          <Button kind="quiet" icon aria-label={`Remove ${name} ${at + 1}`} onClick={() => put(items.toSpliced(at, 1))}>
            <X />
          </Button>
        </div>
      ))}
      <span className="schema-list-foot">
        <Button onClick={() => put([...items, newItem(shape.item)])}>
          <Plus /> Add
        </Button>
        {items.length === 0 && (
          <Button kind="quiet" aria-pressed={draft.kind === "list"} onClick={() => onDraft(draft.kind === "list" ? { kind: "absent" } : { kind: "list", items: [] })}>
            empty list
          </Button>
        )}
      </span>
    </div>
  );
}

function ChoiceControl({ shape, draft, onDraft, path, name, errors }: Props & { shape: Extract<Shape, { kind: "choice" }> }) {
  const picked = draft.kind === "choice" ? String(draft.option) : draft.kind;
  const option = draft.kind === "choice" ? shape.options[draft.option] : undefined;
  const choose = (value: string): void => {
    if (value === "absent" || value === "null") return onDraft({ kind: value });
    const next = shape.options[Number(value)];
    return next ? onDraft({ kind: "choice", option: Number(value), draft: newItem(next.shape) }) : undefined;
  };
  return (
    <div className="schema-choice">
      <select aria-label={`Kind of ${name}`} value={picked} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="absent">–</option>
        {shape.nullable && <option value="null">null</option>}
        {shape.options.map(({ title }, at) => (
          <option key={title} value={at}>
            {title}
          </option>
        ))}
      </select>
      {draft.kind === "choice" && option && <ShapeControl shape={option.shape} draft={draft.draft} onDraft={(next) => onDraft({ ...draft, draft: next })} path={path} name={name} errors={errors} />}
    </div>
  );
}

const MESSAGE_TYPES = ["human", "ai", "system"] as const;

function MessagesControl({ draft, onDraft, name }: Props) {
  const messages = draft.kind === "messages" ? draft.messages : [];
  const put = (next: typeof messages): void => onDraft(next.length === 0 ? { kind: "absent" } : { kind: "messages", messages: next });
  return (
    <div className="schema-list">
      {messages.map((message, at) => {
        const own = typeof message === "object" && message !== null && !Array.isArray(message) ? message : {};
        const type = typeof own.type === "string" ? own.type : typeof own.role === "string" ? own.role : "human";
        return (
          // Messages that are typed have no ids.
          // oxlint-disable-next-line react/no-array-index-key
          <div className="schema-item" key={at}>
            <select aria-label={`Role of message ${at + 1}`} value={type} onChange={(event) => put(messages.with(at, { ...own, type: event.currentTarget.value }))}>
              {[...new Set([...MESSAGE_TYPES, type])].map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
            {typeof own.content === "string" || own.content === undefined ? (
              <textarea rows={1} aria-label={`Message ${at + 1} of ${name}`} value={own.content ?? ""} onChange={(event) => put(messages.with(at, { ...own, content: event.currentTarget.value }))} />
            ) : (
              <code className="schema-blocks">{JSON.stringify(own.content).slice(0, 80)}</code>
            )}
            <Button kind="quiet" icon aria-label={`Remove message ${at + 1}`} onClick={() => put(messages.toSpliced(at, 1))}>
              <X />
            </Button>
          </div>
        );
      })}
      <Button className="schema-fill" onClick={() => put([...messages, { type: "human", content: "" }])}>
        <Plus /> Add a message
      </Button>
    </div>
  );
}
