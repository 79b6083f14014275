// Router that returns a Command with the goto of state.to, and an update.

import { Annotation, Command, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ to: Annotation<string>(), path: Annotation<string>(), extra: Annotation<string>() });

export const graph = new StateGraph(State)
  .addNode("route", ({ to }) => new Command({ goto: to ?? "left", update: { path: "route" } }), { ends: ["left", "right"] })
  .addNode("left", ({ path }) => ({ path: `${path ?? ""}>left` }))
  .addNode("right", ({ path }) => ({ path: `${path ?? ""}>right` }))
  .addEdge(START, "route")
  .compile({ name: "goto" });
