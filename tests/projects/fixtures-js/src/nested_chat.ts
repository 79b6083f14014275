// Parent graph whose `sub` node is the compiled chat agent, to see subgraph message streaming.

import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";

import { graph as chat } from "./chat.js";

export const graph = new StateGraph(MessagesAnnotation).addNode("sub", chat).addEdge(START, "sub").compile({ name: "nested_chat" });
