// Human-in-the-loop graph: `ask` calls interrupt(), `done` reports the answer.

import { Annotation, START, StateGraph, interrupt } from "@langchain/langgraph";

const State = Annotation.Root({ question: Annotation<string>(), answer: Annotation<string>(), final: Annotation<string>() });

export const graph = new StateGraph(State)
  .addNode("ask", ({ question }) => ({ answer: interrupt({ q: question ?? "?" }) }))
  .addNode("done", ({ answer }) => ({ final: `answer=${answer}` }))
  .addEdge(START, "ask")
  .addEdge("ask", "done")
  .compile({ name: "hitl" });
