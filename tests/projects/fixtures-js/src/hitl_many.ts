// Fan-out with Send: every `worker` task raises its own interrupt().

import { Annotation, START, Send, StateGraph, interrupt } from "@langchain/langgraph";

import { log } from "./log.js";

const State = Annotation.Root({ items: Annotation<string[]>(), out: log() });

export const graph = new StateGraph(State)
  .addNode("worker", ({ item }: { item: string }) => ({ out: [`${item}:${interrupt({ item })}`] }))
  .addConditionalEdges(START, ({ items }) => items.map((item) => new Send("worker", { item })), ["worker"])
  .compile({ name: "hitl_many" });
