// Messages as the chat shows them: roles, blocks, calls joined with their results, tokens; in LangChain's serialisation or OpenAI's.

import type { Json, JsonObject } from "../api/wire.ts";
import { isObject, listAt, objectAt, sameJson, textAt } from "./json.ts";
import { blocksOf, type Block } from "./message-blocks.ts";

export type Role = "human" | "ai" | "system" | "tool" | "other";

export interface Usage {
  input: number;
  output: number;
  total: number;
}

/** What a tool answered, or null while it has not. */
export interface ToolResult {
  content: Block[];
  status: "success" | "error";
  artifact: Json;
  messageId: string | null;
}

export interface ToolCall {
  id: string | null;
  name: string;
  args: Json;
  /** The arguments so far, while they stream, or as the model wrote them, if they are no JSON. */
  argsText: string | null;
  /** Why the call is not a valid one. */
  error: string | null;
  result: ToolResult | null;
}

export interface ShownMessage {
  id: string | null;
  /** In the list of the state. */
  index: number;
  role: Role;
  /** As it stands in the message: `critic`, `function`. */
  roleName: string;
  name: string | null;
  blocks: Block[];
  calls: ToolCall[];
  usage: Usage | null;
  model: string | null;
  /** Of an answer of a tool that belongs to no call that is shown. */
  result: ToolResult | null;
  streaming: boolean;
  raw: JsonObject;
}

const ROLES: Record<string, Role> = {
  human: "human",
  user: "human",
  ai: "ai",
  assistant: "ai",
  system: "system",
  developer: "system",
  tool: "tool",
  function: "tool",
};

/** The role as it stands in the message, without what says that it is a part: `AIMessageChunk` is `ai`. */
function roleName(message: JsonObject): string {
  const stands = textAt(message, "type") ?? textAt(message, "role") ?? "";
  const name = stands.replace(/Message(Chunk)?$/, "").toLowerCase();
  return name === "chat" || name === "constructor" || name === "message" ? (textAt(message, "role") ?? name) : name;
}

/** Whether a value is a message in one of the serialisations. */
export function isMessage(value: Json | undefined): value is JsonObject {
  if (!isObject(value) || !("content" in value || "tool_calls" in value)) return false;
  const { content } = value;
  const fits = typeof content === "string" || Array.isArray(content) || content === null || content === undefined;
  const name = roleName(value);
  return fits && (name in ROLES || textAt(value, "role") !== null || name === "remove");
}

/** A list of messages as they are shown: answers of tools stand with their calls, and do not come again. */
export function showMessages(messages: Json[], streaming: ReadonlySet<string> = new Set()): ShownMessage[] {
  const shown = messages.map((message, index) => show(message, index, streaming));
  const open = new Map<string, ToolCall>();
  return shown.filter((message) => {
    for (const call of message.calls) if (call.id !== null) open.set(call.id, call);
    if (message.role !== "tool") return true;
    const call = open.get(textAt(message.raw, "tool_call_id") ?? "");
    if (!call || call.result) return true;
    call.result = message.result;
    return false;
  });
}

function show(value: Json, index: number, streaming: ReadonlySet<string>): ShownMessage {
  const raw = typeof value === "string" ? { type: "human", content: value } : isObject(value) ? value : { type: "unknown", content: JSON.stringify(value) };
  const name = roleName(raw);
  const id = textAt(raw, "id");
  const role = ROLES[name] ?? "other";
  const blocks = blocksOf(raw);
  const result = role === "tool" ? resultOf(raw, blocks, id) : null;
  return {
    id,
    index,
    role,
    roleName: name,
    name: textAt(raw, "name"),
    blocks,
    calls: role === "ai" || role === "other" ? callsOf(raw) : [],
    usage: usageOf(raw),
    model: textAt(objectAt(raw, "response_metadata"), "model_name") ?? textAt(objectAt(raw, "response_metadata"), "model"),
    result,
    streaming: id !== null && streaming.has(id),
    raw,
  };
}

function resultOf(raw: JsonObject, content: Block[], messageId: string | null): ToolResult {
  return { content, status: textAt(raw, "status") === "error" ? "error" : "success", artifact: raw.artifact ?? null, messageId };
}

function callsOf(message: JsonObject): ToolCall[] {
  const calls = listAt(message, "tool_calls").filter(isObject).map(callOf);
  const known = new Set(calls.map((call) => call.id));
  const inContent = listAt(message, "content").filter(isObject).filter((block) => ["tool_use", "tool_call"].includes(textAt(block, "type") ?? ""));
  const extra = inContent.map(callOf).filter((call) => call.id !== null && !known.has(call.id));
  return [...calls, ...extra, ...listAt(message, "invalid_tool_calls").filter(isObject).map(invalidCall)];
}

function callOf(call: JsonObject): ToolCall {
  const inner = objectAt(call, "function");
  const written = inner ? inner.arguments : (call.args ?? call.input ?? call.arguments);
  const parsed = typeof written === "string" ? parse(written) : { args: written ?? {}, argsText: textAt(call, "args_text") };
  return { id: textAt(call, "id"), name: textAt(inner, "name") ?? textAt(call, "name") ?? "", ...parsed, error: null, result: null };
}

function parse(text: string): { args: Json; argsText: string | null } {
  try {
    return { args: JSON.parse(text) as Json, argsText: null };
  } catch {
    return { args: {}, argsText: text };
  }
}

function invalidCall(call: JsonObject): ToolCall {
  return { id: textAt(call, "id"), name: textAt(call, "name") ?? "", args: {}, argsText: textAt(call, "args"), error: textAt(call, "error") ?? "the arguments are no valid JSON", result: null };
}

/** The tokens that the message tells of; nothing is reckoned. */
export function usageOf(message: JsonObject): Usage | null {
  // Of a message that came as JSON, as those of an imported thread do, langchain keeps it beside its other arguments.
  const beside = objectAt(objectAt(message, "additional_kwargs"), "usage_metadata");
  const reported = objectAt(message, "usage_metadata") ?? beside ?? objectAt(objectAt(message, "response_metadata"), "token_usage") ?? objectAt(message, "usage");
  if (!reported) return null;
  const count = (...keys: string[]): number | null => {
    const found = keys.map((key) => reported[key]).find((value) => typeof value === "number");
    return typeof found === "number" ? found : null;
  };
  const [input, output] = [count("input_tokens", "prompt_tokens"), count("output_tokens", "completion_tokens")];
  if (input === null && output === null) return null;
  return { input: input ?? 0, output: output ?? 0, total: count("total_tokens") ?? (input ?? 0) + (output ?? 0) };
}

/** The sum, or null if no message tells of tokens. */
export function sumUsage(messages: { usage: Usage | null }[]): Usage | null {
  const told = messages.flatMap(({ usage }) => (usage ? [usage] : []));
  const sum = (key: keyof Usage): number => told.reduce((all, usage) => all + usage[key], 0);
  return told.length === 0 ? null : { input: sum("input"), output: sum("output"), total: sum("total") };
}

/** The keys of the state that hold conversations: those whose values are messages, then those whose schema says so; `messages` first. */
export function messageKeys(values: Json | undefined, schema: Json | undefined): string[] {
  const found = new Set<string>();
  if (isObject(values)) {
    for (const [key, value] of Object.entries(values)) if (Array.isArray(value) && value.length > 0 && value.every(isMessage)) found.add(key);
  }
  for (const [key, property] of Object.entries(objectAt(schema, "properties") ?? {})) {
    // What holds something else now is no conversation, whatever was declared.
    const now = isObject(values) ? values[key] : undefined;
    const open = now === undefined || now === null || (Array.isArray(now) && now.length === 0);
    if (open && (isMessagesSchema(property, schema) || (key === "messages" && isBareList(property)))) found.add(key);
  }
  return [...found].toSorted((a, b) => Number(b === "messages") - Number(a === "messages"));
}

/** A list of nobody knows what, as `Annotated[list, add_messages]` declares it. */
function isBareList(property: Json): boolean {
  const items = isObject(property) && textAt(property, "type") === "array" ? (objectAt(property, "items") ?? {}) : null;
  return items !== null && Object.keys(items).length === 0;
}

/** Whether a schema is that of a list of messages. */
export function isMessagesSchema(property: Json | undefined, root: Json | undefined): boolean {
  if (!isObject(property)) return false;
  if (listAt(property, "anyOf").some((one) => isMessagesSchema(one, root))) return true;
  // As langgraph in JavaScript says it of agents and of zod.
  if (textAt(property, "langgraph_type") === "messages") return true;
  const items = objectAt(property, "items");
  if (textAt(property, "type") !== "array" || !items) return false;
  return itemKinds(items, root).some((name) => /^(AnyMessage|BaseMessage|AIMessage|HumanMessage|MessageLikeRepresentation)(Chunk)?(<.*>)?$/.test(name));
}

/** What the items of a list are called, in whichever way a schema says it. */
function itemKinds(items: JsonObject, root: Json | undefined): string[] {
  const refs = [items, ...listAt(items, "anyOf"), ...listAt(items, "oneOf")].filter(isObject);
  return refs.flatMap((one) => {
    const name = textAt(one, "$ref")?.split("/").at(-1) ?? textAt(one, "title") ?? "";
    const aimedAt = objectAt(objectAt(root, "$defs"), name);
    return [name, textAt(aimedAt, "title") ?? ""];
  });
}

/** Messages of the state with those that stream: each once, the state's first. */
export function withStreaming(held: Json[], streaming: { id: string; message: JsonObject }[]): Json[] {
  const known = new Set(held.map((message) => textAt(message, "id")));
  const own = streaming.filter(({ id }) => !known.has(id)).map(({ message }) => message);
  // A message of the user is sent without an id, and comes back with one.
  return [...held, ...own.filter((message) => !held.some((other) => isObject(other) && sameJson(other, message)))];
}
