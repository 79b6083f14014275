// The whole graph, with a memory of its own in place of the server's.

import "./no_keys.ts";

import assert from "node:assert/strict";
import { test } from "node:test";

import { HumanMessage } from "@langchain/core/messages";
import { MemorySaver } from "@langchain/langgraph";

import { builder, graph } from "../src/agent/graph.ts";

test("the graph answers a message", async () => {
  const { messages } = await graph.invoke({ messages: [new HumanMessage("Hello!")] });

  assert.deepEqual(messages.map((message) => message.type), ["human", "ai"]);
  assert.match(messages.at(-1)?.text ?? "", /Hello!/);
});

test("a conversation is remembered, and no other", async () => {
  const chatbot = builder.compile({ checkpointer: new MemorySaver() });
  const say = async (text: string, thread: string) => {
    const config = { configurable: { thread_id: thread } };
    const { messages } = await chatbot.invoke({ messages: [new HumanMessage(text)] }, config);
    return messages.at(-1)?.text ?? "";
  };

  await say("My name is Ada", "one");

  assert.match(await say("Who am I?", "one"), /My name is Ada/);
  assert.doesNotMatch(await say("Who am I?", "two"), /My name is Ada/);
});
