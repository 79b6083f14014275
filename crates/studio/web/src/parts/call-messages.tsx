// The messages of a model call, one after the other: who says it, the text, the tools that are called.
import { useMemo } from "react";
import type { Json } from "../api/wire.ts";
import { isMessage, showMessages, type ShownMessage } from "../model/messages.ts";
import { plainText } from "../model/message-blocks.ts";
import { JsonView } from "./json-view.tsx";
import { MarkdownText } from "./markdown.tsx";
import "./call-messages.css";

/** A conversation where there is one, else the value as a tree. */
export function CallValue({ value, label }: { value: Json; label: string }) {
  const messages = useMemo(() => messagesIn(value), [value]);
  if (messages === null) return typeof value === "string" ? <MarkdownText text={value} /> : <JsonView value={value} label={label} />;
  return (
    <ol className="call-messages" aria-label={label}>
      {showMessages(messages).map((message) => (
        <CallMessage key={message.index} message={message} />
      ))}
    </ol>
  );
}

function CallMessage({ message }: { message: ShownMessage }) {
  const text = plainText(message.blocks);
  const rest = message.blocks.filter((block) => block.kind !== "text");
  return (
    <li className="call-message" data-role={message.role}>
      <span className="call-role">{message.name ?? message.roleName}</span>
      <div className="call-content">
        {text !== "" && <MarkdownText text={text} />}
        {rest.map((block, place) => (
          // oxlint-disable-next-line react/no-array-index-key -- blocks have no ids and are not moved
          <BlockLine key={place} block={block} />
        ))}
        {message.calls.map((call) => (
          <div key={call.id ?? call.name} className="call-tool">
            <b>{call.name}</b>
            <JsonView value={call.args} label={`Arguments of ${call.name}`} />
            {call.result && (
              <div className="call-result">
                <span>→</span> {plainText(call.result.content)}
              </div>
            )}
          </div>
        ))}
      </div>
    </li>
  );
}

function BlockLine({ block }: { block: ShownMessage["blocks"][number] }) {
  if (block.kind === "reasoning") {
    return (
      <details className="call-reasoning">
        <summary>Reasoning</summary>
        <MarkdownText text={block.text} />
      </details>
    );
  }
  if (block.kind === "image" && block.data !== null) return <img className="call-image" src={block.data} alt={block.name ?? "Image in the message"} />;
  if (block.kind === "unknown") return <JsonView value={block.value} label="Block" />;
  if (block.kind === "text") return null;
  return (
    <span className="call-file">
      {block.kind}: {block.name ?? block.link ?? block.mime ?? ""}
    </span>
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
