// The form of a schema gives exactly the JSON that is typed into it.

import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, test } from "vitest";
import type { Json, JsonObject } from "../src/api/wire.ts";
import { SchemaForm } from "../src/parts/schema-form.tsx";

afterEach(cleanup);

function Form({ schema, first }: { schema: JsonObject; first?: Json }) {
  const [value, setValue] = useState<Json | undefined>(first);
  return (
    <>
      <SchemaForm label="Input" schema={schema} value={value} onValue={setValue} />
      <button type="button" onClick={() => setValue({ name: "from outside" })}>
        outside
      </button>
      <output>{JSON.stringify(value)}</output>
    </>
  );
}
const given = (): string | null => screen.getByRole("status").textContent;

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    name: { type: "string", description: "Who it is for" },
    count: { type: "integer", default: 3 },
    ready: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    kind: { enum: ["red", "green"] },
  },
};

test("each property has a control with its kind, its default and what it means", () => {
  render(<Form schema={SCHEMA} />);
  expect(screen.getByText("Who it is for")).toBeTruthy();
  expect(screen.getByText("whole number, 3 by default")).toBeTruthy();
  fireEvent.change(screen.getByRole("textbox", { name: "name" }), { target: { value: "Ada" } });
  fireEvent.change(screen.getByRole("combobox", { name: "ready" }), { target: { value: "1" } });
  fireEvent.change(screen.getByRole("combobox", { name: "kind" }), { target: { value: "1" } });
  expect(JSON.parse(given() ?? "")).toEqual({ name: "Ada", count: 3, ready: false, kind: "green" });
});

test("lists grow and shrink", () => {
  render(<Form schema={SCHEMA} />);
  const add = screen.getByRole("button", { name: "Add" });
  fireEvent.click(add);
  fireEvent.click(add);
  fireEvent.change(screen.getByRole("textbox", { name: "tags 1" }), { target: { value: "a" } });
  fireEvent.change(screen.getByRole("textbox", { name: "tags 2" }), { target: { value: "b" } });
  fireEvent.click(screen.getByRole("button", { name: "Remove tags 1" }));
  expect(JSON.parse(given() ?? "").tags).toEqual(["b"]);
});

test("what is typed elsewhere stands in the form", () => {
  render(<Form schema={SCHEMA} />);
  fireEvent.click(screen.getByRole("button", { name: "outside" }));
  expect(screen.getByRole<HTMLTextAreaElement>("textbox", { name: "name" }).value).toBe("from outside");
});

test("messages are typed with their role", () => {
  render(<Form schema={{ type: "object", properties: { messages: { type: "array", items: { title: "AnyMessage", type: "object" } } } }} />);
  fireEvent.click(screen.getByRole("button", { name: "Add a message" }));
  const form = screen.getByRole("group", { name: "Input" });
  fireEvent.change(within(form).getByRole("textbox", { name: "Message 1 of messages" }), { target: { value: "hi" } });
  fireEvent.change(within(form).getByRole("combobox", { name: "Role of message 1" }), { target: { value: "system" } });
  expect(JSON.parse(given() ?? "")).toEqual({ messages: [{ type: "system", content: "hi" }] });
});

test("what is not whole yet stays in the form while whoever holds its value reads it anew", () => {
  const schema: JsonObject = {
    type: "object",
    properties: { name: { type: "string" }, address: { type: "object", properties: { street: { type: "string" } }, required: ["street"] } },
  };
  function FromText() {
    const [text, setText] = useState('{"name": "Ada"}');
    const [faulty, setFaulty] = useState(false);
    const take = (next: Json | undefined): void => {
      setFaulty(next === undefined);
      if (next !== undefined) setText(JSON.stringify(next));
    };
    return (
      <>
        <SchemaForm label="Input" schema={schema} value={JSON.parse(text) as Json} onValue={take} />
        <output>{faulty ? "faulty" : text}</output>
      </>
    );
  }
  render(<FromText />);
  fireEvent.click(screen.getByRole("button", { name: "Fill in" }));
  expect(given()).toBe("faulty");
  expect(screen.getByText("street is needed")).toBeTruthy();
  fireEvent.change(screen.getByRole("textbox", { name: "street" }), { target: { value: "Main Street" } });
  expect(given()).toBe('{"name":"Ada","address":{"street":"Main Street"}}');
});
