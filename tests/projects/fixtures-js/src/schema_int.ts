// interrupt() with a response schema, in a node with two interrupts one after the other.

import { Annotation, START, StateGraph, interrupt } from "@langchain/langgraph";

const State = Annotation.Root({ a: Annotation<string>(), b: Annotation<string>() });

export const graph = new StateGraph(State)
  .addNode("ask", () => {
    const first = interrupt<string, string>("first", { responseSchema: { type: "string" } });
    return { a: first, b: interrupt<object, string>({ second: first }) };
  })
  .addEdge(START, "ask")
  .compile({ name: "schema_int" });
