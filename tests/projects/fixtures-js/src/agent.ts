// A chatbot of one node that repeats the last message.

import { AIMessage } from "@langchain/core/messages";
import { MessagesAnnotation, StateGraph } from "@langchain/langgraph";

function callModel({ messages }: typeof MessagesAnnotation.State) {
  return { messages: [new AIMessage(`echo: ${messages.at(-1)?.content}`)] };
}

export const graph = new StateGraph(MessagesAnnotation)
  .addNode("call_model", callModel)
  .addEdge("__start__", "call_model")
  .compile({ name: "agent" });
