// Graph whose second node throws an error that is called ValueError, or as state.exc says.

import { Annotation, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ ok: Annotation<string>(), exc: Annotation<string>() });

export const graph = new StateGraph(State)
  .addNode("fine", () => ({ ok: "yes" }))
  .addNode("explode", ({ exc }) => {
    throw Object.assign(new Error("kaboom"), { name: exc || "ValueError" });
  })
  .addEdge(START, "fine")
  .addEdge("fine", "explode")
  .compile({ name: "boom" });
