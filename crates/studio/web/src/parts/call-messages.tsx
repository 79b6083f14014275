// What went into a call or came out of it: messages as in a chat where there are any, else the value as a tree.
import { useMemo } from "react";
import type { Json } from "../api/wire.ts";
import { isMessage, showMessages } from "../model/messages.ts";
import { JsonView } from "./json-view.tsx";
import { MarkdownText } from "./markdown.tsx";
import { Message } from "./message.tsx";
import "./call-messages.css";

/** A conversation where there is one, else the value as a tree. */
export function CallValue({ value, label }: { value: Json; label: string }) {
  const messages = useMemo(() => messagesIn(value), [value]);
  if (messages === null) return typeof value === "string" ? <MarkdownText text={value} /> : <JsonView value={value} label={label} />;
  return (
    <ol className="call-messages" aria-label={label}>
      {showMessages(messages).map((message) => (
        <li key={message.index}>
          <Message message={message} />
        </li>
      ))}
    </ol>
  );
}

/** A message, a list of them, such a list in a list (as prompts of one call are), or below `messages`. */
export function messagesIn(value: Json): Json[] | null {
  if (isMessage(value)) return [value];
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isMessage)) return value;
    const [first] = value;
    return value.length === 1 && Array.isArray(first) ? messagesIn(first) : null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { messages } = value;
  return Array.isArray(messages) && Object.keys(value).length === 1 ? messagesIn(messages) : null;
}
