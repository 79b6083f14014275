// What a JSON Schema asks for, as shapes that a form can have controls for. What no control can do is a text of JSON.

import type { Json, JsonObject } from "../api/wire.ts";
import { isObject, listAt, numberAt, objectAt, textAt } from "./json.ts";
import { isMessagesSchema } from "./messages.ts";

export interface Field {
  key: string;
  shape: Shape;
  title: string;
  description: string | null;
  required: boolean;
  /** What counts when nothing is given; undefined if the schema has none. */
  initial: Json | undefined;
}

export type Shape = (
  | { kind: "text"; format: "plain" | "date-time" | "date" | "time" | "other"; pattern: string | null; minLength: number | null; maxLength: number | null }
  | { kind: "number"; whole: boolean; minimum: number | null; maximum: number | null; above: number | null; below: number | null }
  | { kind: "flag" }
  | { kind: "pick"; values: Json[] }
  | { kind: "list"; item: Shape; least: number | null; most: number | null }
  /** `open`: keys beyond the fields are allowed, each of the shape if there is one. */
  | { kind: "object"; fields: Field[]; open: boolean }
  | { kind: "choice"; options: { title: string; shape: Shape }[] }
  | { kind: "messages" }
  /** Nothing is said about it: a text, or JSON. */
  | { kind: "anything" }
  | { kind: "json"; why: string }
) & { nullable: boolean };

/** `Omit` for each kind by itself. */
type Bare<T> = T extends unknown ? Omit<T, "nullable"> : never;

const DEEPEST = 8;
const ANYTHING: Shape = { kind: "anything", nullable: true };

/** The fields of an object's schema; empty where the schema has none. */
export function fieldsOf(schema: Json | undefined): Field[] {
  const shape = shapeOf(schema);
  return shape.kind === "object" ? shape.fields : [];
}

export function shapeOf(schema: Json | undefined): Shape {
  return new Reader(isObject(schema) ? schema : {}).shape(schema, 0, []);
}

class Reader {
  private readonly root: JsonObject;

  constructor(root: JsonObject) {
    this.root = root;
  }

  shape(schema: Json | undefined, depth: number, refs: string[]): Shape {
    if (schema === undefined || schema === true) return ANYTHING;
    if (!isObject(schema)) return json("nothing is allowed");
    if (isMessagesSchema(schema, this.root)) return { kind: "messages", nullable: allowsNull(schema) };
    const reference = textAt(schema, "$ref");
    if (reference !== null) {
      const target = this.find(reference);
      if (target === undefined) return json(`${reference} is not in the schema`);
      if (refs.includes(reference) || depth > DEEPEST) return json("it contains itself");
      const { $ref: _, ...beside } = schema;
      return this.shape({ ...target, ...beside }, depth + 1, [...refs, reference]);
    }
    return this.plain(schema, depth, refs);
  }

  private plain(schema: JsonObject, depth: number, refs: string[]): Shape {
    if ("const" in schema) return { kind: "pick", values: [schema.const ?? null], nullable: false };
    const values = listAt(schema, "enum");
    if (values.length > 0) return { kind: "pick", values: values.filter((value) => value !== null), nullable: values.includes(null) };
    const options = [...listAt(schema, "anyOf"), ...listAt(schema, "oneOf")];
    if (options.length > 0) return this.options(options, depth, refs);
    const all = listAt(schema, "allOf");
    const [only] = all;
    if (all.length === 1 && isObject(only)) {
      const { allOf: _, ...beside } = schema;
      return this.shape({ ...only, ...beside }, depth + 1, refs);
    }
    if (all.length > 1) return json("it has to fit several schemas at once");
    const { type } = schema;
    if (Array.isArray(type)) return this.types(schema, type, depth, refs);
    if (typeof type !== "string") return "properties" in schema ? this.typed(schema, "object", depth, refs) : ANYTHING;
    return this.typed(schema, type, depth, refs);
  }

  private types(schema: JsonObject, types: Json[], depth: number, refs: string[]): Shape {
    return this.options(types.map((type) => ({ ...schema, type })), depth, refs);
  }

  private options(options: Json[], depth: number, refs: string[]): Shape {
    const real = options.filter((option) => !isNull(option));
    const nullable = real.length < options.length;
    const shapes = real.map((option) => this.shape(option, depth + 1, refs));
    const [first] = shapes;
    if (!first) return { kind: "pick", values: [], nullable: true };
    if (shapes.length === 1) return { ...first, nullable: first.nullable || nullable };
    const flat = flattened(shapes, real);
    if (flat.every(({ shape }) => shape.kind === "pick")) {
      const values = flat.flatMap(({ shape }) => (shape.kind === "pick" ? shape.values : []));
      return { kind: "pick", values, nullable: nullable || flat.some(({ shape }) => shape.nullable) };
    }
    return { kind: "choice", options: flat, nullable: nullable || flat.some(({ shape }) => shape.nullable) };
  }

  private typed(schema: JsonObject, type: string, depth: number, refs: string[]): Shape {
    const bare = this.bare(schema, type, depth, refs);
    return { ...bare, nullable: type === "null" };
  }

  private bare(schema: JsonObject, type: string, depth: number, refs: string[]): Bare<Shape> {
    switch (type) {
      case "string":
        return { kind: "text", format: formatOf(schema), pattern: textAt(schema, "pattern"), minLength: numberAt(schema, "minLength"), maxLength: numberAt(schema, "maxLength") };
      case "integer":
      case "number":
        return {
          kind: "number",
          whole: type === "integer",
          minimum: numberAt(schema, "minimum"),
          maximum: numberAt(schema, "maximum"),
          above: numberAt(schema, "exclusiveMinimum"),
          below: numberAt(schema, "exclusiveMaximum"),
        };
      case "boolean":
        return { kind: "flag" };
      case "null":
        return { kind: "pick", values: [] };
      case "array":
        return this.list(schema, depth, refs);
      case "object":
        return this.object(schema, depth, refs);
      default:
        return { kind: "json", why: `the type ${type} has no control` };
    }
  }

  private list(schema: JsonObject, depth: number, refs: string[]): Bare<Shape> {
    if (listAt(schema, "prefixItems").length > 0) return { kind: "json", why: "each place of the list has a type of its own" };
    const { items } = schema;
    return { kind: "list", item: this.shape(items, depth + 1, refs), least: numberAt(schema, "minItems"), most: numberAt(schema, "maxItems") };
  }

  private object(schema: JsonObject, depth: number, refs: string[]): Bare<Shape> {
    const properties = objectAt(schema, "properties") ?? {};
    const required = new Set(listAt(schema, "required"));
    const fields = Object.entries(properties).map(([key, property]) => this.field(key, property, required.has(key), depth, refs));
    const more = schema.additionalProperties;
    if (fields.length === 0) return { kind: "json", why: "its keys are free" };
    return { kind: "object", fields, open: more !== false };
  }

  private field(key: string, property: Json, required: boolean, depth: number, refs: string[]): Field {
    const own = isObject(property) ? property : {};
    const target = this.find(textAt(own, "$ref") ?? "") ?? {};
    return {
      key,
      shape: this.shape(property, depth + 1, refs),
      title: textAt(own, "title") ?? key,
      description: textAt(own, "description") ?? textAt(target, "description"),
      required,
      initial: "default" in own ? own.default : undefined,
    };
  }

  /** `#/$defs/Name`, `#/definitions/Name`, `#` */
  private find(reference: string): JsonObject | undefined {
    if (!reference.startsWith("#")) return undefined;
    let at: Json | undefined = this.root;
    for (const part of reference.split("/").slice(1)) {
      const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      at = isObject(at) ? at[key] : undefined;
    }
    return isObject(at) ? at : undefined;
  }
}

function json(why: string): Shape {
  return { kind: "json", why, nullable: false };
}

function isNull(schema: Json): boolean {
  return isObject(schema) && (schema.type === "null" || ("const" in schema && schema.const === null));
}

function allowsNull(schema: JsonObject): boolean {
  return listAt(schema, "anyOf").some(isNull);
}

/** Options of options are options. */
function flattened(shapes: Shape[], schemas: Json[]): { title: string; shape: Shape }[] {
  return shapes.flatMap((shape, at) => (shape.kind === "choice" ? shape.options : [{ title: optionTitle(shape, schemas[at]), shape }]));
}

function optionTitle(shape: Shape, schema: Json | undefined): string {
  const named = textAt(schema, "title") ?? textAt(schema, "$ref")?.split("/").at(-1);
  if (named) return named;
  switch (shape.kind) {
    case "number":
      return shape.whole ? "whole number" : "number";
    case "flag":
      return "yes or no";
    case "pick":
      return shape.values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(", ");
    case "json":
      return "JSON";
    default:
      return shape.kind;
  }
}

function formatOf(schema: JsonObject): "plain" | "date-time" | "date" | "time" | "other" {
  const format = textAt(schema, "format");
  if (format === null) return "plain";
  return format === "date-time" || format === "date" || format === "time" ? format : "other";
}
