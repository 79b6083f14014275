// How the chunks of a message that streams become the message so far, as the SDKs put them together.

import type { Json, JsonObject } from "../api/wire.ts";
import { isObject, listAt, objectAt, textAt } from "./json.ts";

/** One message from what came of it: `next` is put at the end of `so_far`. */
export function mergeChunk(soFar: JsonObject | undefined, next: JsonObject): JsonObject {
  if (!soFar || !isChunk(next)) return finished(next);
  const merged: JsonObject = { ...soFar, ...withoutNull(next) };
  merged.content = mergeContent(soFar.content ?? "", next.content ?? "");
  merged.tool_call_chunks = mergeIndexed(listAt(soFar, "tool_call_chunks"), listAt(next, "tool_call_chunks"));
  for (const key of ["additional_kwargs", "response_metadata"]) {
    merged[key] = mergeValues(objectAt(soFar, key) ?? {}, objectAt(next, key) ?? {});
  }
  merged.usage_metadata = addUsage(objectAt(soFar, "usage_metadata"), objectAt(next, "usage_metadata"));
  return finished(merged);
}

function isChunk(message: JsonObject): boolean {
  return (textAt(message, "type") ?? "").endsWith("Chunk");
}

/** The calls as far as their arguments can be read yet. */
function finished(message: JsonObject): JsonObject {
  const chunks = listAt(message, "tool_call_chunks");
  if (chunks.length === 0) return message;
  const calls = chunks.map((chunk) => ({
    type: "tool_call",
    id: textAt(chunk, "id"),
    name: textAt(chunk, "name") ?? "",
    ...argumentsOf(textAt(chunk, "args") ?? ""),
  }));
  return { ...message, tool_calls: calls, invalid_tool_calls: [] };
}

/** Arguments that are whole, or their text so far under `args_text`. */
function argumentsOf(text: string): JsonObject {
  try {
    const args: unknown = JSON.parse(text);
    if (isObject(args)) return { args };
  } catch {
    // Not whole yet.
  }
  return { args: {}, args_text: text };
}

function withoutNull(message: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null));
}

function mergeContent(left: Json, right: Json): Json {
  if (typeof left === "string" && typeof right === "string") return left + right;
  return mergeIndexed(blocks(left), blocks(right));
}

function blocks(content: Json): Json[] {
  if (Array.isArray(content)) return content;
  return content === "" || content === null ? [] : [{ type: "text", text: content, index: 0 }];
}

/** Items with the same `index` are one item; those without are new, but for text that goes on. */
function mergeIndexed(left: Json[], right: Json[]): Json[] {
  const merged = [...left];
  for (const item of right) {
    const at = placeOf(merged, item);
    const old = merged[at];
    if (isObject(old) && isObject(item)) merged[at] = mergeValues(old, item);
    else if (typeof old === "string" && typeof item === "string") merged[at] = old + item;
    else merged.push(item);
  }
  return merged;
}

function placeOf(list: Json[], item: Json): number {
  const last = list.length - 1;
  if (typeof item === "string") return typeof list[last] === "string" ? last : -1;
  if (!isObject(item)) return -1;
  const { index } = item;
  if (index !== undefined && index !== null) return list.findIndex((other) => isObject(other) && other.index === index);
  const goesOn = textAt(item, "type") === "text" && textAt(list[last], "type") === "text";
  return goesOn ? last : -1;
}

const NAMES = new Set(["type", "id", "index", "name", "role", "model_name", "model_provider"]);

function mergeValues(left: JsonObject, right: JsonObject): JsonObject {
  const merged: JsonObject = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const old = merged[key];
    if (value === null && old !== undefined) continue;
    if (typeof old === "string" && typeof value === "string" && !NAMES.has(key)) merged[key] = old + value;
    else if (isObject(old) && isObject(value)) merged[key] = mergeValues(old, value);
    else if (Array.isArray(old) && Array.isArray(value)) merged[key] = mergeIndexed(old, value);
    else if (!(value === "" && typeof old === "string")) merged[key] = value;
  }
  return merged;
}

/** Usage comes in parts, each of which counts. */
function addUsage(left: JsonObject | null, right: JsonObject | null): JsonObject | null {
  if (!left || !right) return right ?? left;
  const sum: JsonObject = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const old = sum[key];
    if (typeof old === "number" && typeof value === "number") sum[key] = old + value;
    else if (isObject(old) && isObject(value)) sum[key] = addUsage(old, value);
    else sum[key] = value;
  }
  return sum;
}
