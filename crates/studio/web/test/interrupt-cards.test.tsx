// What nodes ask, and how it is answered.

import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Json } from "../src/api/wire.ts";
import { useAnswers } from "../src/pages/thread/use-answers.ts";
import { InterruptCards, type AskedQuestion } from "../src/parts/interrupt-cards.tsx";

afterEach(cleanup);

function Asked({ questions, onResume }: { questions: AskedQuestion[]; onResume: (value: Json) => void }) {
  const answers = useAnswers(questions);
  return (
    <>
      <InterruptCards questions={questions} draftOf={answers.draftOf} change={answers.change} busy={false} onResume={() => onResume(answers.resume)} />
      <output>{JSON.stringify(answers.resume)}</output>
    </>
  );
}

function show(...questions: AskedQuestion[]) {
  const resumed = vi.fn();
  render(<Asked questions={questions} onResume={resumed} />);
  return resumed;
}
const answer = (): Json => JSON.parse(screen.getByRole("status").textContent ?? "null");

test("a plain question is answered with text or JSON, by its id", () => {
  const resumed = show({ id: "i1", node: "ask", value: { q: "Really?" } });
  const card = screen.getByRole("region", { name: "ask asks" });
  fireEvent.change(within(card).getByRole("textbox", { name: "Answer" }), { target: { value: "yes" } });
  expect(answer()).toEqual({ i1: "yes" });
  fireEvent.click(within(card).getByRole("tab", { name: "JSON" }));
  fireEvent.change(within(card).getByRole("textbox", { name: "Answer as JSON" }), { target: { value: "[1]" } });
  fireEvent.keyDown(within(card).getByRole("textbox", { name: "Answer as JSON" }), { key: "Enter", ctrlKey: true });
  expect(resumed).toHaveBeenCalledWith({ i1: [1] });
  expect(resumed).toHaveBeenCalledTimes(1);
});

test("a question with a schema has a form", () => {
  show({ id: "i1", node: "ask", value: "Which?", responseSchema: { type: "object", properties: { count: { type: "integer" } }, required: ["count"] } });
  fireEvent.change(screen.getByRole("textbox", { name: "count" }), { target: { value: "two" } });
  expect(screen.getByRole("alert").textContent).toContain("a number is needed");
  expect(answer()).toBeNull();
  fireEvent.change(screen.getByRole("textbox", { name: "count" }), { target: { value: "2" } });
  expect(answer()).toEqual({ i1: { count: 2 } });
});

test("of several questions each has its card; one may be answered alone", () => {
  show({ id: "i1", node: "worker", value: { item: "a" } }, { id: "i2", node: "worker", value: { item: "b" } });
  expect(screen.getAllByRole("region", { name: "worker asks" })).toHaveLength(2);
  fireEvent.change(screen.getAllByRole("textbox", { name: "Answer" })[1] ?? document.body, { target: { value: "two" } });
  expect(answer()).toEqual({ i2: "two" });
});

test("several actions are decided one by one, and sent in order", () => {
  show({
    id: "i1",
    node: "tools",
    value: { action_requests: [{ name: "cancel", args: { id: 1 } }, { name: "refund", args: {} }], review_configs: [] },
  });
  fireEvent.click(within(screen.getByRole("group", { name: "refund" })).getByRole("button", { name: "Reject…" }));
  fireEvent.change(screen.getByRole("textbox", { name: "Reason" }), { target: { value: "too dear" } });
  expect(answer()).toBeNull();
  fireEvent.click(within(screen.getByRole("group", { name: "cancel" })).getByRole("button", { name: "Approve" }));
  expect(answer()).toEqual({ i1: { decisions: [{ type: "approve" }, { type: "reject", message: "too dear" }] } });
});

test("agent-inbox offers what its configuration allows", () => {
  show({ id: "i1", node: "mail", value: [{ action_request: { action: "send", args: { to: "ada" } }, config: { allow_accept: false, allow_edit: true, allow_respond: false, allow_ignore: true } }] });
  expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Edit" }));
  fireEvent.change(screen.getByRole("textbox", { name: "Arguments of send" }), { target: { value: '{"to": "bob"}' } });
  expect(answer()).toEqual({ i1: [{ type: "edit", args: { action: "send", args: { to: "bob" } } }] });
});
