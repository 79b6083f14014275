// Parent whose child subgraph throws, to see failure events inside a namespace.

import { Annotation, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ x: Annotation<number>() });

const child = new StateGraph(State)
  .addNode("bad", () => {
    throw Object.assign(new Error("child failed"), { name: "ValueError" });
  })
  .addEdge(START, "bad")
  .compile();

export const graph = new StateGraph(State).addNode("kid", child).addEdge(START, "kid").compile({ name: "sub_fail" });
