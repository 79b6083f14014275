// One message: who, when, how many tokens, and its blocks; a call of a tool and its answer are one card.

import { memo, type ReactNode } from "react";
import { count } from "../model/format.ts";
import type { ShownMessage } from "../model/messages.ts";
import { MessageBlock } from "./message-block.tsx";
import { ToolCard } from "./tool-card.tsx";
import "./message.css";

/** Who made a message, and how long that took, where it is known. */
export interface MessageOrigin {
  node: string | null;
  time: string | null;
  took: string | null;
}

interface Props {
  message: ShownMessage;
  origin?: MessageOrigin;
  /** Edit, regenerate, switch branches: shown when the message is pointed at. */
  actions?: ReactNode;
  /** Which of several branches this message begins. */
  branch?: ReactNode;
  /** In place of what it says: it is being edited. */
  children?: ReactNode;
}

function whoOf(message: ShownMessage, origin: MessageOrigin | undefined): string {
  if (message.role === "human") return message.name ?? "You";
  return origin?.node ?? message.name ?? message.roleName;
}

export const Message = memo(function Message({ message, origin, actions, branch, children }: Props) {
  const who = whoOf(message, origin);
  const { usage } = message;
  return (
    <article className={`message message-${message.role}`} aria-label={`${message.roleName} message`} data-message={message.id ?? ""}>
      <header className="message-who">
        <b>{who}</b>
        {who !== message.roleName && message.role !== "human" && <span>{message.roleName}</span>}
        {origin?.time && <time>{origin.time}</time>}
        {origin?.took && <span>{origin.took}</span>}
        {usage && (
          <span title={`${usage.input} in, ${usage.output} out`}>
            {count(usage.total)} tokens · {count(usage.input)} in, {count(usage.output)} out
          </span>
        )}
        {message.model && <span>{message.model}</span>}
        {branch}
        {actions && <span className="message-actions">{actions}</span>}
      </header>
      {children ?? <MessageBody message={message} />}
    </article>
  );
});

function MessageBody({ message }: { message: ShownMessage }) {
  const blocks = message.result ? message.result.content : message.blocks;
  const nothing = blocks.length === 0 && message.calls.length === 0;
  return (
    <div className={message.streaming ? "message-body message-streaming" : "message-body"}>
      {blocks.map((block, index) => (
        // Blocks have no ids, and only ever grow at the end.
        // oxlint-disable-next-line react/no-array-index-key
        <MessageBlock key={index} block={block} plain={message.role === "human"} />
      ))}
      {message.calls.map((call, index) => (
        <ToolCard key={call.id ?? index} call={call} streaming={message.streaming} />
      ))}
      {nothing && <p className="message-nothing">{message.streaming ? "…" : "Nothing in it"}</p>}
    </div>
  );
}
