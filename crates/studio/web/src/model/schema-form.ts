// What somebody fills into a form, kept as it was typed, and the exact JSON that comes of it, or what is wrong with which field.

import type { Json, JsonObject } from "../api/wire.ts";
import { isObject, sameJson } from "./json.ts";
import { faultText, readJson, type JsonRead } from "./json-text.ts";
import { isMessage } from "./messages.ts";
import type { Field, Shape } from "./schema-shapes.ts";

export { fieldsOf, shapeOf, type Field, type Shape } from "./schema-shapes.ts";

/** What stands in the controls of a shape. */
export type Draft =
  /** Nothing is given: the key is left out. */
  | { kind: "absent" }
  | { kind: "null" }
  /** Of texts, numbers, and what may be anything: as it is typed. */
  | { kind: "text"; text: string }
  | { kind: "flag"; on: boolean }
  | { kind: "pick"; index: number }
  | { kind: "list"; items: Draft[] }
  /** `rest`: keys for which there is no field. */
  | { kind: "object"; fields: Record<string, Draft>; rest: JsonObject }
  | { kind: "choice"; option: number; draft: Draft }
  | { kind: "messages"; messages: Json[] }
  /** JSON in place of the control: by choice, or as the value does not fit. */
  | { kind: "json"; text: string };

export interface FieldError {
  /** `a.b[2]`; "" for the whole. */
  path: string;
  message: string;
}

export type Reading = { ok: true; value: Json | undefined } | { ok: false; errors: FieldError[] };

/** An empty form: defaults of the schema stand in it, everything else is absent. */
export function emptyDraft(shape: Shape): Draft {
  if (shape.kind !== "object") return { kind: "absent" };
  const fields = shape.fields.map((field): [string, Draft] => [field.key, fieldDraft(field)]);
  return { kind: "object", fields: Object.fromEntries(fields), rest: {} };
}

function fieldDraft(field: Field): Draft {
  if (field.initial !== undefined) return draftOf(field.shape, field.initial);
  return field.required && field.shape.kind === "object" && !field.shape.nullable ? emptyDraft(field.shape) : { kind: "absent" };
}

/** The draft from which exactly this value is read again. */
export function draftOf(shape: Shape, value: Json | undefined): Draft {
  if (value === undefined) return { kind: "absent" };
  if (value === null && shape.nullable) return { kind: "null" };
  return fitted(shape, value) ?? { kind: "json", text: JSON.stringify(value, null, 2) };
}

function fitted(shape: Shape, value: Json): Draft | null {
  switch (shape.kind) {
    case "text":
      return typeof value === "string" ? { kind: "text", text: value } : null;
    case "number":
      return typeof value === "number" && (!shape.whole || Number.isInteger(value)) ? { kind: "text", text: String(value) } : null;
    case "flag":
      return typeof value === "boolean" ? { kind: "flag", on: value } : null;
    case "pick": {
      const index = shape.values.findIndex((one) => sameJson(one, value));
      return index < 0 ? null : { kind: "pick", index };
    }
    case "list":
      return Array.isArray(value) ? { kind: "list", items: value.map((item) => draftOf(shape.item, item)) } : null;
    case "object":
      return isObject(value) ? objectDraft(shape, value) : null;
    case "choice": {
      const drafts = shape.options.map((option) => fitted(option.shape, value));
      const option = drafts.findIndex((draft) => draft !== null && !holdsJson(draft));
      const draft = drafts[option];
      return draft ? { kind: "choice", option, draft } : null;
    }
    case "messages":
      return Array.isArray(value) && value.every(isMessage) ? { kind: "messages", messages: value } : null;
    case "anything":
      return { kind: "text", text: typeof value === "string" && looseJson(value) === null ? value : JSON.stringify(value, null, 2) };
    case "json":
      return { kind: "json", text: JSON.stringify(value, null, 2) };
  }
}

/** Whether something in it only fits as JSON: then another option may be better. */
function holdsJson(draft: Draft): boolean {
  if (draft.kind === "object") return Object.values(draft.fields).some(holdsJson);
  return draft.kind === "json" || (draft.kind === "list" && draft.items.some(holdsJson));
}

function objectDraft(shape: Extract<Shape, { kind: "object" }>, value: JsonObject): Draft {
  const known = new Set(shape.fields.map((field) => field.key));
  const fields = shape.fields.map((field): [string, Draft] => [field.key, draftOf(field.shape, value[field.key])]);
  return { kind: "object", fields: Object.fromEntries(fields), rest: Object.fromEntries(Object.entries(value).filter(([key]) => !known.has(key))) };
}

/** What is to be sent; `undefined` where nothing is given. */
export function readDraft(shape: Shape, draft: Draft, required = false): Reading {
  const errors: FieldError[] = [];
  const value = read(shape, draft, "", errors);
  if (value === undefined && required && errors.length === 0) errors.push({ path: "", message: "a value is needed" });
  return errors.length === 0 ? { ok: true, value } : { ok: false, errors };
}

function read(shape: Shape, draft: Draft, path: string, errors: FieldError[]): Json | undefined {
  switch (draft.kind) {
    case "absent":
      return undefined;
    case "null":
      if (!shape.nullable) errors.push({ path, message: "null is not allowed" });
      return null;
    case "text":
      return readText(shape, draft.text, path, errors);
    case "flag":
      return draft.on;
    case "pick":
      return shape.kind === "pick" ? shape.values[draft.index] : undefined;
    case "messages":
      return draft.messages;
    case "json":
      return readTyped(draft.text, path, errors);
    case "list":
      return readList(shape, draft.items, path, errors);
    case "object":
      return readObject(shape, draft, path, errors);
    case "choice": {
      const option = shape.kind === "choice" ? shape.options[draft.option] : undefined;
      return option && read(option.shape, draft.draft, path, errors);
    }
  }
}

function readTyped(text: string, path: string, errors: FieldError[]): Json | undefined {
  if (text.trim() === "") return undefined;
  const found = readJson(text);
  if (found.ok) return found.value;
  errors.push({ path, message: faultText(found.fault) });
  return undefined;
}

function readText(shape: Shape, text: string, path: string, errors: FieldError[]): Json | undefined {
  if (shape.kind === "number") return readNumber(shape, text.trim(), path, errors);
  if (shape.kind === "anything") return readAnything(text, path, errors);
  if (shape.kind === "text") checkText(shape, text, path, errors);
  return text;
}

/** A text, unless it is JSON, or begins as JSON's texts, lists and objects do and therefore has to be. */
function readAnything(text: string, path: string, errors: FieldError[]): Json | undefined {
  const found = looseJson(text);
  if (found === null) return text;
  if (found.ok) return found.value;
  errors.push({ path, message: faultText(found.fault) });
  return undefined;
}

function looseJson(text: string): JsonRead | null {
  const found = readJson(text);
  return found.ok || /^\s*["[{]/.test(text) ? found : null;
}

function checkText(shape: Extract<Shape, { kind: "text" }>, text: string, path: string, errors: FieldError[]): void {
  if (shape.minLength !== null && text.length < shape.minLength) errors.push({ path, message: `at least ${shape.minLength} characters` });
  if (shape.maxLength !== null && text.length > shape.maxLength) errors.push({ path, message: `at most ${shape.maxLength} characters` });
  if (shape.format === "date-time" && Number.isNaN(Date.parse(text))) errors.push({ path, message: "a date and a time are needed: 2026-03-04T14:02:11Z" });
}

function readNumber(shape: Extract<Shape, { kind: "number" }>, text: string, path: string, errors: FieldError[]): Json | undefined {
  if (text === "") return undefined;
  const value = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const message = wrongNumber(shape, value);
  if (message !== null) errors.push({ path, message });
  return value;
}

function wrongNumber(shape: Extract<Shape, { kind: "number" }>, value: number): string | null {
  if (!Number.isFinite(value)) return "a number is needed";
  if (shape.whole && !Number.isInteger(value)) return "a whole number is needed";
  if (shape.whole && !Number.isSafeInteger(value)) return "this number is too large to be sent exactly from a browser";
  if (shape.minimum !== null && value < shape.minimum) return `at least ${shape.minimum}`;
  if (shape.maximum !== null && value > shape.maximum) return `at most ${shape.maximum}`;
  if (shape.above !== null && value <= shape.above) return `more than ${shape.above}`;
  if (shape.below !== null && value >= shape.below) return `less than ${shape.below}`;
  return null;
}

function readList(shape: Shape, items: Draft[], path: string, errors: FieldError[]): Json | undefined {
  if (shape.kind !== "list") return undefined;
  if (shape.least !== null && items.length < shape.least) errors.push({ path, message: `at least ${shape.least} items` });
  if (shape.most !== null && items.length > shape.most) errors.push({ path, message: `at most ${shape.most} items` });
  return items.map((item, at) => {
    const here = `${path}[${at}]`;
    const before = errors.length;
    const value = read(shape.item, item, here, errors);
    if (value === undefined && errors.length === before) errors.push({ path: here, message: "a value is needed" });
    return value ?? null;
  });
}

function readObject(shape: Shape, draft: Extract<Draft, { kind: "object" }>, path: string, errors: FieldError[]): Json | undefined {
  if (shape.kind !== "object") return undefined;
  const made: JsonObject = {};
  for (const field of shape.fields) {
    const here = path === "" ? field.key : `${path}.${field.key}`;
    const before = errors.length;
    const value = read(field.shape, draft.fields[field.key] ?? { kind: "absent" }, here, errors);
    if (value !== undefined) made[field.key] = value;
    else if (field.required && errors.length === before) errors.push({ path: here, message: `${field.title} is needed` });
  }
  return { ...made, ...draft.rest };
}

/** The draft of an item that is added to a list. */
export function newItem(shape: Shape): Draft {
  switch (shape.kind) {
    case "text":
    case "anything":
      return { kind: "text", text: "" };
    case "flag":
      return { kind: "flag", on: false };
    case "list":
      return { kind: "list", items: [] };
    case "object":
      return emptyDraft(shape);
    case "messages":
      return { kind: "messages", messages: [] };
    case "json":
      return { kind: "json", text: "" };
    case "choice": {
      const [first] = shape.options;
      return first ? { kind: "choice", option: 0, draft: newItem(first.shape) } : { kind: "absent" };
    }
    default:
      return { kind: "absent" };
  }
}
