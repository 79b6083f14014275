// Which model thinks, and what the built-in one says.

import { type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";

import { answer, BuiltInModel } from "../../src/agent/built_in_model.ts";
import { loadModel, modelName } from "../../src/agent/model.ts";

/** The tools that the built-in model calls after this message. */
function called(message: BaseMessage): { name: string; args: Record<string, unknown> }[] {
  return (answer([message]).tool_calls ?? []).map(({ name, args }) => ({ name, args }));
}

test("without a key the built-in model answers", async () => {
  expect(modelName({ OPENAI_API_KEY: "" })).toBeUndefined();
  expect(await loadModel({})).toBeInstanceOf(BuiltInModel);
});

test("a key selects the model of its provider", () => {
  expect(modelName({ OPENAI_API_KEY: "k" })).toBe("openai:gpt-4.1-mini");
  expect(modelName({ ANTHROPIC_API_KEY: "k" })).toBe("anthropic:claude-haiku-4-5");
  expect(modelName({ OPENAI_API_KEY: "k", CHAT_MODEL: "openai:other" })).toBe("openai:other");
});

test("the built-in model writes, runs, and has what it wrote reviewed", () => {
  expect(called(new HumanMessage("Write it to /a/b.md."))).toMatchObject([{ name: "write_file", args: { file_path: "/a/b.md" } }]);
  expect(called(new HumanMessage("Run `ls -l`"))).toEqual([{ name: "execute", args: { command: "ls -l" } }]);
  const written = new ToolMessage({ content: "written", name: "write_file", tool_call_id: "1" });
  expect(called(written)).toMatchObject([{ name: "task", args: { subagent_type: "critic" } }]);
});

test("the built-in model says how it went", () => {
  const rejected = new ToolMessage({ content: "no", name: "write_file", tool_call_id: "1", status: "error" });
  const reviewed = new ToolMessage({ content: "fine", name: "task", tool_call_id: "1" });

  expect(answer([rejected]).text).toBe("I have not done it: no");
  expect(answer([reviewed]).text).toBe("Done. The tool `task` says: fine");
  expect(answer([new HumanMessage("Hi")]).text).toMatch(/^You said: Hi\n/);
});
