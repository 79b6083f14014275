// Node that always goes back to itself, to hit the recursion limit.

import { Annotation, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ n: Annotation<number>() });

export const graph = new StateGraph(State)
  .addNode("again", ({ n }) => ({ n: (n ?? 0) + 1 }))
  .addEdge(START, "again")
  .addEdge("again", "again")
  .compile({ name: "loop" });
