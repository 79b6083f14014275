// The chat of a thread: its messages as they stream, the questions of its nodes, and why a run failed.

import { ArrowDown } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { JsonObject } from "../../api/wire.ts";
import type { StreamedMessage, ThreadView } from "../../model/thread-view.ts";
import { duration, shortTime } from "../../model/format.ts";
import { isObject, textAt } from "../../model/json.ts";
import { messageKeys, showMessages, sumUsage, withStreaming, type ShownMessage } from "../../model/messages.ts";
import { timeOfId } from "../../model/uuid-time.ts";
import { Button } from "../../parts/button.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Message, type MessageOrigin } from "../../parts/message.tsx";
import "./chat.css";

const PAGE = 150;

/** Messages of a state, with those that stream. */
export function useMessages(values: JsonObject | null, streaming: StreamedMessage[], key: string | null): ShownMessage[] {
  return useMemo(() => {
    const held = key === null ? [] : (values?.[key] ?? []);
    const all = withStreaming(Array.isArray(held) ? held : [], streaming);
    return showMessages(all, new Set(streaming.map(({ id }) => id)));
  }, [values, streaming, key]);
}

/** The key of the state that the chat shows: that of the values, else that of the schema. */
export function useMessagesKey(values: JsonObject | null, schema: unknown, streaming: StreamedMessage[]): string | null {
  return useMemo(() => {
    const known = messageKeys(values ?? undefined, isObject(schema) ? schema : undefined);
    return known[0] ?? (streaming.length > 0 ? "messages" : null);
  }, [values, schema, streaming.length]);
}

/** Which node made which message, when, and how long its task took, as far as that is known. */
export function useOrigins(view: ThreadView, messages: ShownMessage[]): ReadonlyMap<string, MessageOrigin> {
  const [opened] = useState(() => Date.now());
  const made = useMemo(() => {
    const steps = new Map(view.runs.flatMap((run) => run.steps.map((step) => [step.task_id, step])));
    const origins = new Map<string, Omit<MessageOrigin, "time">>();
    for (const task of view.tasks) {
      const step = steps.get(task.taskId);
      const took = step?.ended_at ? duration(Date.parse(step.ended_at) - Date.parse(step.started_at)) : null;
      for (const id of messageIds(task.result)) origins.set(id, { node: task.node, took });
    }
    for (const { id, node } of view.streaming) origins.set(id, { node, took: null });
    return origins;
  }, [view.tasks, view.runs, view.streaming]);
  return useMemo(() => {
    const today = new Date(opened);
    const known = messages.flatMap(({ id }): [string, MessageOrigin][] => {
      if (id === null) return [];
      const at = timeOfId(id, opened);
      return [[id, { node: null, took: null, ...made.get(id), time: at === null ? null : shortTime(at, today) }]];
    });
    return new Map(known);
  }, [messages, made, opened]);
}

function messageIds(result: unknown): string[] {
  if (!isObject(result)) return [];
  return Object.values(result).flatMap((value) => (Array.isArray(value) ? value : [value]).flatMap((item) => textAt(item, "id") ?? []));
}

interface Props {
  messages: ShownMessage[];
  origins: ReadonlyMap<string, MessageOrigin>;
  /** Why there are no messages. */
  nothing: ReactNode;
  actionsOf: (message: ShownMessage) => ReactNode;
  branchOf: (message: ShownMessage) => ReactNode;
  /** In place of a message that is being edited. */
  editorOf: (message: ShownMessage) => ReactNode;
  /** Behind the messages: questions, failures, what runs. */
  children: ReactNode;
}

export function Chat({ messages, origins, nothing, actionsOf, branchOf, editorOf, children }: Props) {
  const [shownCount, setShownCount] = useState(PAGE);
  const { box, content, atEnd, onScroll, toEnd } = useStickToEnd();
  const hidden = Math.max(0, messages.length - shownCount);
  const usage = sumUsage(messages);
  return (
    <div className="chat-frame">
      <div className="chat" ref={box} onScroll={onScroll} role="log" aria-label="Messages">
        <div className="chat-content" ref={content}>
          {hidden > 0 && (
            <Button className="chat-earlier" onClick={() => setShownCount(shownCount + PAGE)}>
              {hidden} earlier messages
            </Button>
          )}
          {messages.slice(hidden).map((message) => (
            <Message
              key={message.id ?? message.index}
              message={message}
              origin={origins.get(message.id ?? "")}
              actions={actionsOf(message)}
              branch={branchOf(message)}
            >
              {editorOf(message)}
            </Message>
          ))}
          {messages.length === 0 && nothing}
          {children}
          {usage && (
            <p className="chat-usage">
              {usage.total.toLocaleString("en")} tokens in all · {usage.input.toLocaleString("en")} in, {usage.output.toLocaleString("en")} out
            </p>
          )}
        </div>
      </div>
      {!atEnd && (
        <Button className="chat-latest" onClick={toEnd}>
          <ArrowDown /> Latest
        </Button>
      )}
    </div>
  );
}

/** Stays at the end as it grows, whatever grows, unless somebody scrolled up. */
function useStickToEnd() {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const sticks = useRef(true);
  const seen = useRef(0);
  const stick = useCallback((): void => {
    const element = box.current;
    if (element && sticks.current) element.scrollTop = element.scrollHeight;
  }, []);
  useLayoutEffect(stick);
  // Sources, images and what is unfolded come without anything here being rendered again.
  useEffect(() => {
    const observer = new ResizeObserver(stick);
    for (const element of [box.current, content.current]) if (element) observer.observe(element);
    return () => observer.disconnect();
  }, [stick]);
  const onScroll = (): void => {
    const element = box.current;
    if (!element) return;
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
    // What has grown meanwhile leaves the end behind too: only who goes up wants to stay there.
    if (end) sticks.current = true;
    else if (element.scrollTop < seen.current) sticks.current = false;
    seen.current = element.scrollTop;
    setAtEnd(end);
  };
  const toEnd = (): void => {
    sticks.current = true;
    stick();
  };
  return { box, content, atEnd, onScroll, toEnd };
}

interface NothingProps {
  graph: string;
  loaded: boolean;
  values: JsonObject | null;
  conversational: boolean;
  /** Null where the form is there already. */
  onForm: (() => void) | null;
  onState: () => void;
}

/** Why there is nothing to chat about, and what to do instead: never a dead end. */
export function NoMessages({ graph, loaded, values, conversational, onForm, onState }: NothingProps) {
  const keys = Object.keys(values ?? {});
  if (!loaded) return <Empty title={`${graph} is not loaded`}>Nothing can be sent to it.</Empty>;
  if (conversational) return <Empty title="No messages yet">Send the first one below.</Empty>;
  return (
    <Empty
      title={keys.length > 0 ? "No messages in this state" : "This graph has no messages"}
      action={
        <span className="chat-nothing-actions">
          {onForm && <Button onClick={onForm}>Use the form</Button>}
          {keys.length > 0 && <Button onClick={onState}>See the state</Button>}
        </span>
      }
    >
      {keys.length > 0 ? `The state of ${graph} has ${keys.slice(0, 6).join(", ")}${keys.length > 6 ? ", …" : ""}.` : `Give ${graph} its input in the form below. Its steps show on the graph and in the history.`}
    </Empty>
  );
}
