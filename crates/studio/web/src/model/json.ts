// What JSON is found to be at run time: guards that narrow, and readers that give null instead of failing.

import type { Json, JsonObject } from "../api/wire.ts";

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text under a key, or null if there is none. */
export function textAt(value: unknown, key: string): string | null {
  const found = isObject(value) ? value[key] : null;
  return typeof found === "string" ? found : null;
}

export function numberAt(value: unknown, key: string): number | null {
  const found = isObject(value) ? value[key] : null;
  return typeof found === "number" ? found : null;
}

export function objectAt(value: unknown, key: string): JsonObject | null {
  const found = isObject(value) ? value[key] : null;
  return isObject(found) ? found : null;
}

/** The list under a key; empty if there is none. */
export function listAt(value: unknown, key: string): Json[] {
  const found = isObject(value) ? value[key] : null;
  return Array.isArray(found) ? found : [];
}

/** Whether two values are the same JSON, whatever the order of keys. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (Object.is(left, right)) return true;
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, at) => sameJson(item, right[at]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
  );
}
