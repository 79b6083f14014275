// A graph that asks the server that runs it, as a client without a URL.

import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { Client } from "@langchain/langgraph-sdk";

const State = Annotation.Root({ owner: Annotation<string>(), seen: Annotation<number>() });

async function ask() {
  const thread = await new Client().threads.create();
  return { owner: String(thread.metadata?.owner) };
}

export const graph = new StateGraph(State).addNode("ask", ask).addEdge(START, "ask").compile();
