// Conversations with the agent on a server, which `lgx exec -- npm test` starts: it asks before it writes, and does as it is told.
//
// With `lgx exec --mode replay` it is played from `cassettes/` what the model says; without, the built-in model answers, or the
// one that `.env` has a key for. So what is asserted is what any of them has to get right.

import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { Client } from "@langchain/langgraph-sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

interface Message {
  type: string;
  name?: string;
  content: string;
}

interface Question {
  actionRequests: { name: string; args: Record<string, unknown> }[];
}

const url = process.env.LGX_URL;
const file = join(process.env.AGENT_FOLDER || "workspace", "tea.md");
const input = { messages: [{ role: "user", content: "Write a sentence on green tea to /tea.md." }] };

// Without a server: run `lgx exec -- npm test`.
describe.skipIf(url === undefined)("on a server", () => {
  const client = new Client({ apiUrl: url });

  const removeFile = () => rm(file, { force: true });
  beforeEach(removeFile);
  afterEach(removeFile);

  /** A thread on which the agent waits for leave to write the file. */
  async function ask(): Promise<string> {
    const { thread_id } = await client.threads.create();
    await client.runs.wait(thread_id, "agent", { input });
    const { tasks } = await client.threads.getState(thread_id);
    const questions = tasks.flatMap((task) => task.interrupts.map((interrupt) => interrupt.value as Question));
    const requests = questions.flatMap((question) => question.actionRequests);
    expect(requests).toMatchObject([{ name: "write_file", args: { file_path: "/tea.md" } }]);
    return thread_id;
  }

  /** The messages of the conversation after this decision. */
  async function decide(thread_id: string, decision: Record<string, string>): Promise<Message[]> {
    const state = await client.runs.wait(thread_id, "agent", { command: { resume: { decisions: [decision] } } });
    return (state as unknown as { messages: Message[] }).messages;
  }

  test("what is approved is written and reviewed", async () => {
    const thread_id = await ask();
    expect(existsSync(file)).toBe(false);

    const messages = await decide(thread_id, { type: "approve" });

    expect(await readFile(file, "utf8")).toMatch(/green tea/i);
    const results = messages.filter((message) => message.type === "tool");
    expect(results.map((result) => result.name)).toEqual(["write_file", "task"]);
    expect(messages.at(-1)).toMatchObject({ type: "ai", content: expect.stringMatching(/./) });
  });

  test("what is rejected is not written", async () => {
    const thread_id = await ask();

    const messages = await decide(thread_id, { type: "reject", message: "I prefer coffee." });

    expect(existsSync(file)).toBe(false);
    expect(messages.at(-2)?.content).toMatch(/coffee/);
    expect(messages.at(-1)).toMatchObject({ type: "ai", content: expect.stringMatching(/./) });
  });
});
