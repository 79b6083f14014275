// A conversation with the agent on a server, which `lgx exec -- npm test` starts.
//
// With `lgx exec --mode replay` it is played from `cassettes/` what the model says; without, the built-in model answers, or the
// one that `.env` has a key for. So what is asserted is what any of them has to get right.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "@langchain/langgraph-sdk";

interface Message {
  type: string;
  name?: string;
  content: string;
  tool_calls?: { name: string }[];
}

interface State {
  messages: Message[];
}

const url = process.env.LGX_URL;

const user = (content: string) => ({ messages: [{ role: "user", content }] });

test("the agent calculates and remembers", { skip: url ? false : "needs a server: run `lgx exec -- npm test`" }, async () => {
  const client = new Client({ apiUrl: url });
  const { thread_id } = await client.threads.create();

  const { messages } = (await client.runs.wait(thread_id, "agent", { input: user("What is 12 * 7?") })) as unknown as State;
  const [asked, calling, result, answer] = messages;
  assert.equal(asked?.content, "What is 12 * 7?");
  assert.deepEqual(calling?.tool_calls?.map((call) => call.name), ["calculator"]);
  assert.deepEqual([result?.name, result?.content], ["calculator", "84"]);
  assert.match(answer?.content ?? "", /84/);

  let said = "";
  let state: State = { messages: [] };
  const streamMode: ["messages-tuple", "values"] = ["messages-tuple", "values"];
  for await (const { event, data } of client.runs.stream(thread_id, "agent", { input: user("And 84 / 4?"), streamMode })) {
    if (event === "values") state = data as unknown as State;
    if (event === "messages") {
      const [message] = data as unknown as [Message];
      if (message.type.startsWith("ai") || message.type.startsWith("AI")) said += message.content;
    }
  }
  assert.match(said, /21/);
  assert.equal(state.messages.length, 8);
  assert.deepEqual(state.messages.slice(0, 4), messages);
  assert.equal(state.messages[6]?.content, "21");
});
