// Graphs whose streams were recorded from the official server: `tests/transcripts`.

import { AIMessage, AIMessageChunk } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { FakeStreamingChatModel } from "@langchain/core/utils/testing";
import { Annotation, Command, END, getWriter, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import { z } from "zod";

const Log = Annotation.Root({
  /** @type {import("@langchain/langgraph").LastValue<string>} */
  topic: Annotation(),
  log: Annotation({ reducer: (/** @type {string[]} */ a, /** @type {string[]} */ b) => [...a, ...b], default: () => /** @type {string[]} */ ([]) }),
});

export const echo = new StateGraph(Log)
  .addNode("a", ({ topic }) => ({ log: [`a of ${topic}`] }))
  .addNode("b", () => ({ log: ["b"] }))
  .addEdge(START, "a")
  .addEdge("a", "b")
  .addEdge("b", END)
  .compile();

/** @param {string[]} words */
const model = (words) => new FakeStreamingChatModel({ chunks: words.map((word) => new AIMessageChunk(word)), sleep: 0 });

const speaks = new StateGraph(MessagesAnnotation)
  .addNode("model", async ({ messages }) => ({ messages: [await model(["Hello ", "there"]).invoke(messages)] }))
  .addEdge(START, "model")
  .addEdge("model", END);
export const messages = speaks.compile();

export const speaking = new StateGraph(MessagesAnnotation)
  .addNode("child", speaks.compile())
  .addNode("greet", () => ({ messages: [new AIMessage({ content: "by hand", id: "by-hand" })] }))
  .addEdge(START, "child")
  .addEdge("child", "greet")
  .addEdge("greet", END)
  .compile();

const child = new StateGraph(Log)
  .addNode("inner", () => ({ log: ["inner"] }))
  .addNode("last", () => ({ log: ["last"] }))
  .addEdge(START, "inner")
  .addEdge("inner", "last")
  .addEdge("last", END)
  .compile();
export const subgraph = new StateGraph(Log).addNode("child", child).addEdge(START, "child").addEdge("child", END).compile();

const asking = new StateGraph(Log)
  .addNode("before", () => ({ log: ["before"] }))
  .addNode("ask", ({ topic }) => ({ log: [interrupt({ question: `what of ${topic}?` })] }))
  .addNode("after", () => ({ log: ["after"] }))
  .addEdge(START, "before")
  .addEdge("before", "ask")
  .addEdge("ask", "after")
  .addEdge("after", END);
export const asks = asking.compile();

export const asksBelow = new StateGraph(Log).addNode("child", asking.compile()).addEdge(START, "child").addEdge("child", END).compile();

export const asksTwice = new StateGraph(Log)
  .addNode("one", () => ({ log: [interrupt("one?")] }))
  .addNode("other", async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return { log: [interrupt("other?")] };
  })
  .addNode("quiet", () => ({ log: ["quiet"] }))
  .addEdge(START, "one")
  .addEdge(START, "other")
  .addEdge(START, "quiet")
  .compile();

export const goto = new StateGraph(Log)
  .addNode("from", () => new Command({ update: { log: ["from"] }, goto: "to" }), { ends: ["to"] })
  .addNode("to", () => ({ log: ["to"] }))
  .addEdge(START, "from")
  .addEdge("to", END)
  .compile();

export const custom = new StateGraph(Log)
  .addNode("write", (_, { writer }) => {
    writer?.("plain");
    writer?.({ progress: 1 });
    getWriter()?.({ name: "status", payload: { percent: 50 } });
    return { log: ["written"] };
  })
  .addEdge(START, "write")
  .addEdge("write", END)
  .compile();

const weather = tool(({ city }) => `rain in ${city}`, { name: "weather", description: "What it is like there", schema: z.object({ city: z.string() }) });
const broken = tool(
  () => {
    throw new RangeError("out of order");
  },
  { name: "broken", description: "Never works", schema: z.object({}) },
);
/** @param {string} name */
const calling = (name) =>
  new StateGraph(MessagesAnnotation)
    .addNode("agent", () => ({
      messages: [new AIMessage({ content: "", id: "asks", tool_calls: [{ id: "call_1", name, args: name === "weather" ? { city: "Oslo" } : {}, type: "tool_call" }] })],
    }))
    .addNode("tools", new ToolNode([weather, broken]))
    .addEdge(START, "agent")
    .addEdge("agent", "tools")
    .addEdge("tools", END)
    .compile();
export const tools = calling("weather");
export const brokenTool = calling("broken");

export const error = new StateGraph(Log)
  .addNode("fine", () => ({ log: ["fine"] }))
  .addNode("boom", () => {
    throw new TypeError("kaboom");
  })
  .addEdge(START, "fine")
  .addEdge("fine", "boom")
  .addEdge("boom", END)
  .compile();

export const limit = new StateGraph(Log)
  .addNode("again", () => ({ log: ["again"] }))
  .addEdge(START, "again")
  .addEdge("again", "again")
  .compile();
