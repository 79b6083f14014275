// Parent graph with a two-node child subgraph; the child interrupts when state.ask is true.

import { Annotation, START, StateGraph, interrupt } from "@langchain/langgraph";

import { log } from "./log.js";

const State = Annotation.Root({ ask: Annotation<boolean>(), log: log() });

const child = new StateGraph(State)
  .addNode("c1", () => ({ log: ["c1"] }))
  .addNode("c2", ({ ask }) => ({ log: [`c2:${ask ? interrupt("child question") : "none"}`] }))
  .addEdge(START, "c1")
  .addEdge("c1", "c2")
  .compile({ name: "child_graph" });

export const graph = new StateGraph(State)
  .addNode("before", () => ({ log: ["before"] }))
  .addNode("child", child)
  .addNode("after", () => ({ log: ["after"] }))
  .addEdge(START, "before")
  .addEdge("before", "child")
  .addEdge("child", "after")
  .compile({ name: "nested" });
