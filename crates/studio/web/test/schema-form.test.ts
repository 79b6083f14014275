// A form has a control for each property, and what is read from it is exactly the JSON that was meant: over the schemas of all fixture graphs.

import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../src/api/wire.ts";
import { isObject } from "../src/model/json.ts";
import { draftOf, emptyDraft, fieldsOf, newItem, readDraft, shapeOf, type Draft, type Shape } from "../src/model/schema-form.ts";
import { schemas } from "./recorded.ts";

const all = Object.entries(schemas).flatMap(([graph, found]): [string, JsonObject][] =>
  Object.entries(found).flatMap(([kind, schema]): [string, JsonObject][] => (isObject(schema) ? [[`${graph} ${kind}`, schema]] : [])),
);

/** A value that the shape allows, and that shows if a type is lost. */
function sample(shape: Shape): Json {
  switch (shape.kind) {
    case "text":
      return shape.format === "date-time" ? "2026-03-04T14:02:11Z" : "1";
    case "number":
      return shape.whole ? 1 : 1.5;
    case "flag":
      return false;
    case "pick":
      return shape.values.at(-1) ?? null;
    case "list":
      return [sample(shape.item), sample(shape.item)];
    case "object":
      return { ...Object.fromEntries(shape.fields.map((field) => [field.key, sample(field.shape)])), unknown_key: [1, "2"] };
    case "choice": {
      const last = shape.options.at(-1);
      return last ? sample(last.shape) : null;
    }
    case "messages":
      return [{ type: "human", content: "hi" }, { role: "assistant", content: [{ type: "text", text: "yo" }] }];
    case "anything":
      return { a: ["text"] };
    case "json":
      return { anything: [null, true, "x", 1e3] };
  }
}

describe.each(all)("the form of %s", (_, schema) => {
  const shape = shapeOf(schema);

  it("gives back what was put in, to the type", () => {
    const value = sample(shape);
    expect(readDraft(shape, draftOf(shape, value))).toEqual({ ok: true, value });
  });

  it("has a field for each property, with its description and default", () => {
    const properties = isObject(schema.properties) ? schema.properties : {};
    expect(fieldsOf(schema).map((field) => field.key)).toEqual(Object.keys(properties));
    for (const field of fieldsOf(schema)) {
      const property = properties[field.key];
      if (isObject(property) && "default" in property) expect(field.initial).toEqual(property.default);
      if (isObject(property) && typeof property.description === "string") expect(field.description).toBe(property.description);
    }
  });

  it("keeps what does not fit", () => {
    const object: Json[] = "required" in schema ? [] : [{ x: { y: 1 } }];
    for (const odd of ["text", 7, [null], null, false, ...object]) expect(readDraft(shape, draftOf(shape, odd))).toEqual({ ok: true, value: odd });
  });
});

const read = (schema: JsonObject, draft: Draft) => readDraft(shapeOf(schema), draft);
const text = (typed: string): Draft => ({ kind: "text", text: typed });

describe("shapes", () => {
  it.each<[string, JsonObject, object]>([
    ["a text", { type: "string" }, { kind: "text", format: "plain", nullable: false }],
    ["a time", { type: "string", format: "date-time" }, { kind: "text", format: "date-time" }],
    ["a whole number", { type: "integer", minimum: 1 }, { kind: "number", whole: true, minimum: 1 }],
    ["an optional text", { anyOf: [{ type: "string" }, { type: "null" }] }, { kind: "text", nullable: true }],
    ["types side by side", { type: ["integer", "null"] }, { kind: "number", nullable: true }],
    ["literals", { enum: ["a", "b", null] }, { kind: "pick", values: ["a", "b"], nullable: true }],
    ["one literal", { const: "a" }, { kind: "pick", values: ["a"] }],
    ["literals of several kinds", { anyOf: [{ const: 1 }, { enum: ["x"] }] }, { kind: "pick", values: [1, "x"] }],
    ["a choice", { anyOf: [{ type: "string" }, { type: "integer" }] }, { kind: "choice", options: [{ title: "text" }, { title: "whole number" }] }],
    ["a reference", { $ref: "#/$defs/A", $defs: { A: { type: "boolean" } } }, { kind: "flag" }],
    ["a reference with words beside it", { allOf: [{ $ref: "#/$defs/A" }], description: "d", $defs: { A: { enum: ["x"] } } }, { kind: "pick", values: ["x"] }],
    ["free keys", { type: "object", additionalProperties: { type: "integer" } }, { kind: "json" }],
    ["a tuple", { type: "array", prefixItems: [{ type: "string" }] }, { kind: "json" }],
    ["anything", {}, { kind: "anything", nullable: true }],
    ["a reference to nowhere", { $ref: "#/$defs/Gone" }, { kind: "json" }],
    ["what contains itself", { $ref: "#/$defs/T", $defs: { T: { type: "object", properties: { next: { $ref: "#/$defs/T" } } } } }, { kind: "object" }],
  ])("%s", (_, schema, shape) => {
    expect(shapeOf(schema)).toMatchObject(shape);
  });

  it("that contain themselves end", () => {
    const tree = { $ref: "#/$defs/T", $defs: { T: { type: "object", properties: { next: { $ref: "#/$defs/T" } } } } };
    expect(fieldsOf(tree)[0]?.shape).toMatchObject({ kind: "json", why: "it contains itself" });
  });
});

describe("what is read", () => {
  it("is a number where a number is asked for, and a text where a text is", () => {
    expect(read({ type: "integer" }, text("42"))).toEqual({ ok: true, value: 42 });
    expect(read({ type: "number" }, text(" -1.5e3 "))).toEqual({ ok: true, value: -1500 });
    expect(read({ type: "string" }, text("42"))).toEqual({ ok: true, value: "42" });
    expect(read({ type: "string" }, text(""))).toEqual({ ok: true, value: "" });
  });

  it("leaves out what is not given", () => {
    const schema = { type: "object", properties: { a: { type: "integer" }, b: { type: "string" }, c: { anyOf: [{ type: "string" }, { type: "null" }] } } };
    const draft: Draft = { kind: "object", fields: { a: text(""), b: { kind: "absent" }, c: { kind: "null" } }, rest: {} };
    expect(read(schema, draft)).toEqual({ ok: true, value: { c: null } });
    expect(read(schema, emptyDraft(shapeOf(schema)))).toEqual({ ok: true, value: {} });
  });

  it("begins with the defaults", () => {
    const schema = { type: "object", properties: { a: { type: "integer", default: 3 }, b: { type: "array", items: { type: "string" }, default: ["x"] } } };
    expect(read(schema, emptyDraft(shapeOf(schema)))).toEqual({ ok: true, value: { a: 3, b: ["x"] } });
  });

  it.each<[JsonObject, Draft, string, string]>([
    [{ type: "integer" }, text("1.5"), "", "a whole number is needed"],
    [{ type: "integer" }, text("abc"), "", "a number is needed"],
    [{ type: "integer" }, text("9007199254740993"), "", "this number is too large to be sent exactly from a browser"],
    [{ type: "integer", minimum: 3 }, text("2"), "", "at least 3"],
    [{ type: "number", exclusiveMaximum: 1 }, text("1"), "", "less than 1"],
    [{ type: "string", minLength: 2 }, text("a"), "", "at least 2 characters"],
    [{ type: "string", format: "date-time" }, text("soon"), "", "a date and a time are needed: 2026-03-04T14:02:11Z"],
    [{ type: "string" }, { kind: "null" }, "", "null is not allowed"],
    [{ type: "object", required: ["a"], properties: { a: { type: "integer", title: "Age" } } }, { kind: "object", fields: {}, rest: {} }, "a", "Age is needed"],
    [{ type: "object", properties: { a: { type: "array", items: { type: "integer" } } } }, { kind: "object", fields: { a: { kind: "list", items: [text("1"), text("x")] } }, rest: {} }, "a[1]", "a number is needed"],
  ])("says of which field what is wrong: %j", (schema, draft, path, message) => {
    expect(read(schema, draft)).toEqual({ ok: false, errors: [{ path, message }] });
  });

  it.each<[string, Json]>([
    ["hello", "hello"],
    ["it is true", "it is true"],
    ["42", 42],
    ["true", true],
    ["null", null],
    [' {"a": [1]}', { a: [1] }],
    ['"42"', "42"],
    ["", ""],
  ])("is a text or JSON where nothing is said: %s", (typed, value) => {
    expect(read({}, text(typed))).toEqual({ ok: true, value });
    expect(readDraft(shapeOf({}), draftOf(shapeOf({}), value))).toEqual({ ok: true, value });
  });

  it("is no text that begins as JSON does", () => {
    expect(read({}, text('{"a": '))).toMatchObject({ ok: false });
    expect(read({}, text("[1, 2"))).toMatchObject({ ok: false });
  });

  it("says where JSON is wrong", () => {
    const reading = read({}, { kind: "json", text: '{"a": \n  nope}' });
    expect(reading.ok).toBe(false);
    expect(!reading.ok && reading.errors[0]?.message).toMatch(/line 2, column 3/i);
  });
});

describe("a new item", () => {
  it.each<[JsonObject, Json]>([
    [{ type: "string" }, ""],
    [{ type: "boolean" }, false],
    [{ type: "array", items: { type: "string" } }, []],
    [{ type: "object", properties: { a: { type: "string", default: "x" } } }, { a: "x" }],
  ])("of %j can be sent as it is", (schema, value) => {
    expect(readDraft(shapeOf(schema), newItem(shapeOf(schema)))).toEqual({ ok: true, value });
  });
});
