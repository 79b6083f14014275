// What is sent when values at a checkpoint were edited: only what changed, so that the reducers of the rest are left alone.

import type { Json, JsonObject } from "../api/wire.ts";
import { isObject, sameJson, textAt } from "./json.ts";
import { asInput } from "./message-input.ts";

export interface ForkUpdate {
  /** For `updateState`. */
  values: JsonObject;
  /** Keys that were taken out: no state can forget a key, so they are left as they are. */
  kept: string[];
}

export function forkUpdate(before: JsonObject, after: JsonObject): ForkUpdate {
  const values: JsonObject = {};
  for (const [key, value] of Object.entries(after)) {
    if (sameJson(before[key], value)) continue;
    values[key] = messageChanges(before[key], value) ?? value;
  }
  return { values, kept: Object.keys(before).filter((key) => !(key in after)) };
}

const isMessage = (item: Json): boolean => isObject(item) && textAt(item, "id") !== null && (textAt(item, "type") ?? textAt(item, "role")) !== null;

/** Messages are merged by id: what is sent is those that changed, and the removal of those that are gone. */
function messageChanges(before: Json | undefined, after: Json): Json[] | null {
  if (!Array.isArray(before) || !Array.isArray(after) || before.length === 0) return null;
  if (!before.every(isMessage) || !after.every((item) => isObject(item))) return null;
  const old = new Map(before.map((item) => [textAt(item, "id"), item]));
  const left = new Set(after.map((item) => textAt(item, "id")));
  const removed = [...old.keys()].filter((id) => !left.has(id)).map((id): Json => ({ type: "remove", id, content: "" }));
  return [...removed, ...after.filter((item) => !sameJson(old.get(textAt(item, "id")), item)).map(asInput)];
}

/** The keys that a reducer made into something else than what was typed: a list that only ever grows. */
export function changedByReducers(wanted: JsonObject, got: JsonObject, sent: JsonObject): string[] {
  return Object.keys(sent).filter((key) => !sameMessages(wanted[key], got[key]));
}

/** Messages that were typed without an id are given one, which is no difference. */
function sameMessages(left: Json | undefined, right: Json | undefined): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return sameJson(left, right);
  if (left.length !== right.length) return false;
  return left.every((item, at) => {
    const other = right[at];
    if (!isObject(item) || !isObject(other)) return sameJson(item, other);
    return Object.entries(item).every(([key, value]) => sameJson(value, other[key]) || !(key in other));
  });
}

/** Puts values in place of what is there, whatever the reducer does otherwise. */
export function overwriting(values: JsonObject, keys: string[], wanted: JsonObject): JsonObject {
  const replaced = keys.map((key): [string, Json] => [key, { __overwrite__: wanted[key] ?? null }]);
  return { ...values, ...Object.fromEntries(replaced) };
}
