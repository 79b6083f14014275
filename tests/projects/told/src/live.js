// Graphs that are watched by a client while they run: nothing of these is recorded.

import { AIMessageChunk } from "@langchain/core/messages";
import { FakeStreamingChatModel } from "@langchain/core/utils/testing";
import { Annotation, END, MessagesAnnotation, START, StateGraph, StreamChannel } from "@langchain/langgraph";

const TOKENS = 2000;

/** A model that says very much and makes no pause. */
export const talks = new StateGraph(MessagesAnnotation)
  .addNode("model", async ({ messages }) => {
    const chunks = Array.from({ length: TOKENS }, (_, index) => new AIMessageChunk(`${index} `));
    return { messages: [await new FakeStreamingChatModel({ chunks, sleep: 0 }).invoke(messages)] };
  })
  .addEdge(START, "model")
  .addEdge("model", END)
  .compile();

const Log = Annotation.Root({ log: Annotation({ reducer: (a, b) => [...a, ...b], default: () => [] }) });

/** Never ends of itself: its second node waits until it is cancelled. */
export const waits = new StateGraph(Log)
  .addNode("first", () => ({ log: ["first"] }))
  .addNode("second", async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return { log: ["second"] };
  })
  .addEdge(START, "first")
  .addEdge("first", "second")
  .addEdge("second", END)
  .compile();

/** Tells how long the log has become, in a channel of its own, and keeps updates to itself. */
function lengths() {
  const channel = new StreamChannel("lengths");
  return {
    init: () => ({ lengths: channel }),
    process: ({ method, params }) => {
      if (method === "values") channel.push(params.data.log.length);
      return method !== "updates";
    },
  };
}

export const extended = new StateGraph(Log)
  .addNode("say", () => ({ log: ["said"] }))
  .addEdge(START, "say")
  .addEdge("say", END)
  .compile({ transformers: [lengths] });
