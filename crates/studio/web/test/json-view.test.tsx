// JSON as a tree, and the box to type it into.

import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, test } from "vitest";
import { JsonEditor } from "../src/parts/json-editor.tsx";
import { JsonView } from "../src/parts/json-view.tsx";

afterEach(cleanup);

test("more than twenty lines are folded, and the button that folds them again stays", () => {
  render(<JsonView value={Array.from({ length: 40 }, (_, n) => n)} />);
  expect(screen.queryByText("39")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Show all 42 lines" }));
  expect(screen.getAllByText("39").length).toBeGreaterThan(0);
  expect(screen.getByRole("button", { name: "Fold" }).getAttribute("aria-expanded")).toBe("true");
});

test("what is within is opened and closed one by one", () => {
  render(<JsonView value={{ a: { b: 1 } }} />);
  fireEvent.click(screen.getByRole("button", { name: "Collapse a" }));
  expect(screen.getByText("{b: 1}")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Expand a" })).toBeTruthy();
});

test("the editor says where the JSON is wrong, and goes there", () => {
  function Editor() {
    const [text, setText] = useState('{"a": 1,\n b}');
    return <JsonEditor label="Values" text={text} onText={setText} />;
  }
  render(<Editor />);
  expect(screen.getByRole("alert").textContent).toContain("Line 2, column 2");
  fireEvent.click(screen.getByRole("button", { name: "Go there" }));
  const box = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Values" });
  expect(box.selectionStart).toBe(10);
  fireEvent.change(box, { target: { value: "{}" } });
  expect(screen.queryByRole("alert")).toBeNull();
});
