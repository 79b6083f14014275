// Conditions on fields of items, as typed in one line, `status=open year>=2020`, and as the store takes them.

import type { Json, JsonObject } from "../api/wire.ts";

export type FilterRead = { ok: true; filter: JsonObject } | { ok: false; fault: string };

const OPERATORS: Record<string, string> = { "=": "$eq", "!=": "$ne", ">": "$gt", ">=": "$gte", "<": "$lt", "<=": "$lte" };
/** A field, what it is compared by, and a value: in double quotes, or up to the next space. */
const CONDITION = /\s*([^\s=!<>]+)\s*(=|!=|>=|<=|>|<)\s*("(?:[^"\\]|\\.)*"|\S+)(?=\s|$)/y;

export function readFilter(text: string): FilterRead {
  const filter: JsonObject = {};
  let at = 0;
  while (text.slice(at).trim() !== "") {
    CONDITION.lastIndex = at;
    const found = CONDITION.exec(text);
    const [whole, field, sign, value] = found ?? [];
    if (whole === undefined || field === undefined || sign === undefined || value === undefined) {
      return { ok: false, fault: `“${text.slice(at).trim()}” is no condition. Write field=value, or with !=, >, >=, <, <=.` };
    }
    const operator = OPERATORS[sign] ?? "$eq";
    filter[field] = { ...objectAt(filter, field), [operator]: literal(value) };
    at += whole.length;
  }
  return { ok: true, filter };
}

function objectAt(filter: JsonObject, field: string): JsonObject {
  const value = filter[field];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** Numbers, true, false, null and texts in quotes are themselves; all else is a text. */
function literal(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}
