// Graphs for the tests of the worker: one for each form that a project may export, and for what runs do.

import { execSync } from "node:child_process";

import { FakeStreamingChatModel } from "@langchain/core/utils/testing";
import { AIMessage, AIMessageChunk } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import { Annotation, Command, END, entrypoint, interrupt, MessagesAnnotation, Send, START, StateGraph } from "@langchain/langgraph";

const Log = Annotation.Root({
  /** @type {import("@langchain/langgraph").LastValue<string>} */
  topic: Annotation(),
  log: Annotation({ reducer: (/** @type {string[]} */ a, /** @type {string[]} */ b) => [...a, ...b], default: () => /** @type {string[]} */ ([]) }),
});

const TOKENS = 2000;

export const builder = new StateGraph(Log).addNode("say", ({ topic }) => ({ log: [`of ${topic}`] })).addEdge(START, "say").addEdge("say", END);
export const compiled = builder.compile();
export const promised = Promise.resolve(builder);
export const functional = entrypoint("functional", async (/** @type {{number: number}} */ input) => ({ twice: input.number * 2 }));
export const make = async (/** @type {any} */ config, /** @type {any} */ runtime) => {
  if (config.configurable?.refuse) throw new TypeError("the factory refuses");
  return new StateGraph(Log)
    .addNode("say", () => ({ log: [runtime.accessContext, String(runtime.executionRuntime?.context?.tone ?? null)] }))
    .addEdge(START, "say")
    .addEdge("say", END);
};
export default compiled;
export const nothing = 7;

export const asks = new StateGraph(Log)
  .addNode("ask", ({ topic }) => ({ log: [interrupt({ question: `what of ${topic}?` })] }))
  .addNode("done", () => ({ log: ["done"] }))
  .addEdge(START, "ask")
  .addEdge("ask", "done")
  .addEdge("done", END);

export const asksForText = new StateGraph(Log)
  .addNode("ask", () => ({ log: [interrupt("what?", { responseSchema: { type: "string" } })] }))
  .addEdge(START, "ask")
  .addEdge("ask", END);

export const asksWithMessage = new StateGraph(Log)
  .addNode("ask", () => ({ log: [interrupt({ said: new AIMessage("hello") })] }))
  .addEdge(START, "ask")
  .addEdge("ask", END);

export const remembers = new StateGraph(Log)
  .addNode("put", async (_, { store }) => {
    await store?.put(["people"], "ada", { said: new AIMessage("hello") });
    return {};
  })
  .addEdge(START, "put")
  .addEdge("put", END);

export const fans = new StateGraph(Log)
  .addNode("one", ({ topic }) => ({ log: [topic] }))
  .addConditionalEdges(START, () => ["a", "b", "c"].map((topic) => new Send("one", { topic })))
  .addEdge("one", END);

export const fansAndAsks = new StateGraph(Log)
  .addNode("one", ({ topic }) => ({ log: [interrupt(topic)] }))
  .addConditionalEdges(START, () => ["a", "b"].map((topic) => new Send("one", { topic })))
  .addEdge("one", END);

export const goes = new StateGraph(Log)
  .addNode("from", () => new Command({ update: { log: ["from"] }, goto: "to" }), { ends: ["to"] })
  .addNode("to", () => ({ log: ["to"] }))
  .addEdge(START, "from")
  .addEdge("to", END);

export const fails = new StateGraph(Log)
  .addNode("boom", () => {
    throw new TypeError("kaboom");
  })
  .addEdge(START, "boom")
  .addEdge("boom", END);

export const endless = new StateGraph(Log)
  .addNode("again", async (_, config) => {
    await new Promise((resolve) => config.signal?.addEventListener("abort", () => resolve(undefined)));
    return { log: ["went on"] };
  })
  .addEdge(START, "again")
  .addEdge("again", END);

const child = new StateGraph(Log)
  .addNode("inner", () => ({ log: ["inner"] }))
  .addNode("last", () => ({}))
  .addEdge(START, "inner")
  .addEdge("inner", "last")
  .addEdge("last", END)
  .compile();
export const parent = new StateGraph(Log).addNode("child", child).addEdge(START, "child").addEdge("child", END);

export const talks = new StateGraph(MessagesAnnotation)
  .addNode("model", async ({ messages }) => {
    const chunks = Array.from({ length: TOKENS }, (_, index) => new AIMessageChunk(`${index} `));
    const model = new FakeStreamingChatModel({ chunks, sleep: 0 });
    return { messages: [await model.invoke(messages)] };
  })
  .addEdge(START, "model")
  .addEdge("model", END);

/** A model that says what it took. */
class CountingModel extends FakeStreamingChatModel {
  /** @override */
  async _generate() {
    const message = new AIMessage({ content: "wet", usage_metadata: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } });
    return { generations: [{ text: "wet", message }] };
  }
}

const weather = tool(({ city }) => `rain in ${city}`, { name: "weather", description: "What it is like there", schema: z.object({ city: z.string() }) });
export const calls = new StateGraph(MessagesAnnotation)
  .addNode("ask", async ({ messages }) => {
    await weather.invoke({ city: "Oslo" });
    return { messages: [await new CountingModel({}).invoke(messages)] };
  })
  .addEdge(START, "ask")
  .addEdge("ask", END);

export const blocks = new StateGraph(Log)
  .addNode("for_ever", () => {
    for (;;);
  })
  .addEdge(START, "for_ever")
  .addEdge("for_ever", END);

const withTime = (/** @type {number} */ time) => {
  const end = performance.now() + time;
  while (performance.now() < end);
};
export const computes = new StateGraph(Log)
  .addNode("compute", () => {
    withTime(700);
    return { log: ["computed"] };
  })
  .addNode("shell", () => {
    execSync("sleep 0.4");
    return {};
  })
  .addNode("stay", () => {
    withTime(2600);
    return {};
  })
  .addConditionalEdges(START, ({ topic }) => topic, ["compute", "shell", "stay"])
  .addEdge("compute", END)
  .addEdge("shell", END)
  .addEdge("stay", END);

export const prints = new StateGraph(Log)
  .addNode("print", () => {
    process.stdout.write("no end");
    // eslint-disable-next-line no-console -- it is what is tested
    console.warn("a warning");
    return {};
  })
  .addEdge(START, "print")
  .addEdge("print", END);

const spill = tool(
  () => {
    throw new Error("the password is x");
  },
  { name: "spill", description: "Fails", schema: z.object({}) },
);
export const spills = new StateGraph(Annotation.Root({ /** @type {import("@langchain/langgraph").LastValue<any>} */ last: Annotation() }))
  .addNode("ask", async () => ({ last: await spill.invoke({}).catch((error) => error) }))
  .addEdge(START, "ask")
  .addEdge("ask", END);
