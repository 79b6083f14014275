// Graph of three nodes, a -> slow (sleeps state.delay seconds) -> b, with an append-only log.

import { setTimeout as sleep } from "node:timers/promises";

import { Annotation, START, StateGraph } from "@langchain/langgraph";

import { log } from "./log.js";

const State = Annotation.Root({ delay: Annotation<number>(), log: log() });

export const graph = new StateGraph(State)
  .addNode("a", () => ({ log: ["a"] }))
  .addNode("slow", async ({ delay }) => {
    await sleep((delay ?? 0) * 1000);
    return { log: ["slow"] };
  })
  .addNode("b", () => ({ log: ["b"] }))
  .addEdge(START, "a")
  .addEdge("a", "slow")
  .addEdge("slow", "b")
  .compile({ name: "multi" });
