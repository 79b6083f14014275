// Root node that returns a Command for its parent graph: there is none, so the server must report it to the caller.

import { Annotation, Command, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ x: Annotation<number>() });

export const graph = new StateGraph(State)
  .addNode("up", () => new Command({ graph: Command.PARENT, goto: "elsewhere", update: { x: 2 } }))
  .addEdge(START, "up")
  .compile({ name: "parent_cmd" });
