// Returns one value of every kind that a serialiser of JavaScript may meet (dates, maps, bytes, ...).

import { Document } from "@langchain/core/documents";
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { Annotation, START, StateGraph } from "@langchain/langgraph";

class Plain {
  shown = 1;
  #hidden = 2;

  get sum() {
    return this.shown + this.#hidden;
  }
}

const VALUES: Record<string, () => unknown> = {
  date: () => new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678)),
  map: () => new Map([["a", 1]]),
  set: () => new Set([1]),
  regexp: () => /a+/g,
  bytes: () => new Uint8Array([104, 105]),
  nan: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  bigint: () => 2n ** 70n,
  error: () => new RangeError("bad"),
  human: () => new HumanMessage({ content: "hi", id: "h1" }),
  ai: () => new AIMessage({ content: "yo", id: "a1" }),
  system: () => new SystemMessage({ content: "s", id: "s1" }),
  tool: () => new ToolMessage({ content: "r", tool_call_id: "c1", id: "t1", artifact: { k: 1 } }),
  doc: () => new Document({ pageContent: "text", id: "d1" }),
  lone_surrogate: () => "\ud800x",
  nul: () => "a\u0000b",
  unicode: () => "é☃😀\u2028",
  plain: () => new Plain(),
  none: () => null,
  undefined: () => undefined,
  function: () => () => 1,
  symbol: () => Symbol("s"),
  null_prototype: () => Object.assign(Object.create(null), { a: 1 }),
};

const State = Annotation.Root({ only: Annotation<string>(), v: Annotation<Record<string, unknown>>() });

export const graph = new StateGraph(State)
  .addNode("produce", ({ only }) => ({ v: only in VALUES ? { [only]: VALUES[only]() } : {} }))
  .addEdge(START, "produce")
  .compile({ name: "kinds" });
