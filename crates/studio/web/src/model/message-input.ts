// Messages as they are sent back to a graph, which makes its own objects of them.

import type { Json } from "../api/wire.ts";
import { isObject, sameJson, textAt } from "./json.ts";
import { isMessage } from "./messages.ts";

/** What answers of models have that nothing is in; sent back, it would become an additional argument of the message. */
const EMPTY: Record<string, Json> = { usage_metadata: null, invalid_tool_calls: [] };

/** A value with its messages as they are sent. */
export function asInput(value: Json): Json {
  if (Array.isArray(value)) return value.map(asInput);
  if (!isObject(value)) return value;
  const members: [string, Json][] = Object.entries(value);
  const kept = isMessage(value) ? members.filter(([key, member]) => !(key in EMPTY && sameJson(EMPTY[key], member))) : members;
  return Object.fromEntries(kept.map(([key, member]) => [key, asInput(member)]));
}

/** What a task gave, with the ids that its messages got when they were put into the state: without them they would get others. */
export function withIdsOf(given: Json, state: Json | undefined): Json {
  if (Array.isArray(given)) {
    const there = Array.isArray(state) ? state : [];
    return given.map((item) => (isMessage(item) && textAt(item, "id") === null ? (there.findLast((one) => sameButId(item, one)) ?? item) : item));
  }
  if (!isObject(given)) return given;
  const values = isObject(state) ? state : {};
  return Object.fromEntries(Object.entries(given).map(([key, member]) => [key, withIdsOf(member, values[key])]));
}

/** Roles and types are two names of the same. */
function sameButId(sent: Json, kept: Json): boolean {
  if (!isObject(sent) || !isObject(kept)) return false;
  return sameJson(sent.content, kept.content) && kindOf(sent) === kindOf(kept) && sameJson(sent.tool_calls ?? [], kept.tool_calls ?? []);
}

function kindOf(message: Json): string {
  const kind = textAt(message, "type") ?? textAt(message, "role") ?? "";
  return ({ user: "human", assistant: "ai" } as Record<string, string>)[kind] ?? kind;
}
