// Graph factories: `make(config)` names its node from configurable.node; the other one gets a runtime too.

import { RunnableConfig } from "@langchain/core/runnables";
import { Annotation, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ out: Annotation<string>() });

interface ServerRuntime {
  accessContext: string;
  executionRuntime: object | null;
  user: object | null;
}

function build(node: string, out: string) {
  return new StateGraph(State).addNode(node, () => ({ out })).addEdge(START, node).compile({ name: "made" });
}

export function make({ configurable = {} }: RunnableConfig) {
  return build(configurable["node"] || "worker", Object.keys(configurable).toSorted().join(","));
}

export async function makeWithRuntime(_config: RunnableConfig, { accessContext, executionRuntime, user }: ServerRuntime) {
  return build("rt", `access=${accessContext} exec=${executionRuntime !== null} user=${JSON.stringify(user)}`);
}
