// What changed from one state to the next, key by key: only the new items of a list that grew, messages by their ids. Bounded, whatever the size.

import type { Json, JsonObject } from "../api/wire.ts";
import { isObject, textAt } from "./json.ts";

export type Change =
  | { kind: "added"; key: string; value: Json }
  | { kind: "removed"; key: string; value: Json }
  | { kind: "changed"; key: string; before: Json; after: Json }
  /** A list (or the messages) of which some items are new, others or gone. */
  | { kind: "list"; key: string; items: ItemChange[]; length: number; lengthBefore: number };

export interface ItemChange {
  kind: "added" | "removed" | "changed";
  /** In the list as it is now; of what was removed, as it was. */
  index: number;
  value: Json;
  before: Json | null;
}

/** So many values are looked at in all; what is beyond counts as changed if it is not the same object. */
const MOST_WORK = 400_000;
const MOST_ITEMS = 200;

interface Work {
  left: number;
}

export function diffStates(before: Json | undefined, after: Json | undefined): Change[] {
  const work = { left: MOST_WORK };
  if (!isObject(before ?? {}) || !isObject(after ?? {})) {
    return equal(before ?? null, after ?? null, work) ? [] : [{ kind: "changed", key: "", before: before ?? null, after: after ?? null }];
  }
  const [old, now] = [(before ?? {}) as JsonObject, (after ?? {}) as JsonObject];
  const keys = [...new Set([...Object.keys(now), ...Object.keys(old)])];
  return keys.flatMap((key) => {
    const change = diffKey(key, old, now, work);
    return change ? [change] : [];
  });
}

function diffKey(key: string, old: JsonObject, now: JsonObject, work: Work): Change | null {
  const [before, after] = [old[key], now[key]];
  if (before === undefined) return after === undefined ? null : { kind: "added", key, value: after };
  if (after === undefined) return { kind: "removed", key, value: before };
  if (Array.isArray(before) && Array.isArray(after)) return diffLists(key, before, after, work);
  return equal(before, after, work) ? null : { kind: "changed", key, before, after };
}

function diffLists(key: string, before: Json[], after: Json[], work: Work): Change | null {
  const items = haveIds(before) && haveIds(after) ? byId(before, after, work) : byPlace(before, after, work);
  if (items.length === 0) return null;
  return { kind: "list", key, items: items.slice(0, MOST_ITEMS), length: after.length, lengthBefore: before.length };
}

function haveIds(list: Json[]): boolean {
  const ids = list.map((item) => textAt(item, "id"));
  return ids.every((id) => id !== null) && new Set(ids).size === ids.length;
}

function byId(before: Json[], after: Json[], work: Work): ItemChange[] {
  const old = new Map(before.map((item) => [textAt(item, "id"), item]));
  const kept = new Set(after.map((item) => textAt(item, "id")));
  const gone = before.flatMap((value, index): ItemChange[] => (kept.has(textAt(value, "id")) ? [] : [{ kind: "removed", index, value, before: null }]));
  const rest = after.flatMap((value, index): ItemChange[] => {
    const was = old.get(textAt(value, "id"));
    if (was === undefined) return [{ kind: "added", index, value, before: null }];
    return equal(was, value, work) ? [] : [{ kind: "changed", index, value, before: was }];
  });
  return [...gone, ...rest];
}

/** What is the same at both ends stays; between them items were changed, then added or removed. */
function byPlace(before: Json[], after: Json[], work: Work): ItemChange[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && equal(before[start], after[start], work)) start += 1;
  let end = 0;
  while (end < shorter - start && equal(before[before.length - 1 - end], after[after.length - 1 - end], work)) end += 1;
  const [old, now] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const items: ItemChange[] = [];
  for (let at = 0; at < Math.max(old.length, now.length) && items.length <= MOST_ITEMS; at += 1) {
    const [was, is] = [old[at], now[at]];
    const index = start + at;
    if (was === undefined && is !== undefined) items.push({ kind: "added", index, value: is, before: null });
    else if (is === undefined && was !== undefined) items.push({ kind: "removed", index, value: was, before: null });
    else if (was !== undefined && is !== undefined && !equal(was, is, work)) items.push({ kind: "changed", index, value: is, before: was });
  }
  return items;
}

function equal(left: Json | undefined, right: Json | undefined, work: Work): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  work.left -= 1;
  if (work.left < 0) return false;
  if (Array.isArray(left)) return Array.isArray(right) && left.length === right.length && left.every((item, at) => equal(item, right[at], work));
  if (Array.isArray(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => equal(left[key], right[key], work));
}

/** A change in a few words, for a row of the history: `+1 message`, `documents 3`, `attempts 1 → 2`. */
export function summarize(changes: Change[]): string {
  return changes.map(inWords).join(" · ");
}

function inWords(change: Change): string {
  switch (change.kind) {
    case "added":
      return `${change.key} ${short(change.value)}`;
    case "removed":
      return `without ${change.key}`;
    case "changed":
      return `${change.key} ${short(change.before)} → ${short(change.after)}`;
    case "list":
      return listInWords(change);
  }
}

function listInWords({ key, items, length, lengthBefore }: Extract<Change, { kind: "list" }>): string {
  const grown = length - lengthBefore;
  const name = key.endsWith("s") && Math.abs(grown) === 1 ? key.slice(0, -1) : key;
  if (grown === 0) return `${items.length} of ${key} changed`;
  return `${grown > 0 ? "+" : "−"}${Math.abs(grown)} ${name}`;
}

function short(value: Json): string {
  if (Array.isArray(value)) return String(value.length);
  if (isObject(value)) return "{…}";
  const text = JSON.stringify(value);
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}
