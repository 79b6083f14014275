// Node that writes custom stream data: an object, a named object, a string, a number, then returns.

import { Annotation, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ n: Annotation<number>() });

export const graph = new StateGraph(State)
  .addNode("emit", ({ n }, { writer }) => {
    for (const written of [{ progress: 1 }, { name: "status", payload: { pct: 50 } }, "plain", 7]) writer?.(written);
    return { n: (n ?? 0) + 1 };
  })
  .addEdge(START, "emit")
  .compile({ name: "custom" });
