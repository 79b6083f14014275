// Tells a story, word by word; asked to fail, it throws.

import { FakeListChatModel } from "@langchain/core/utils/testing";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";

const model = new FakeListChatModel({ responses: ["Once upon a time there was **a graph** that went from start to end."], sleep: 5 });

async function tell({ messages }: typeof MessagesAnnotation.State) {
  if (messages.at(-1)?.content === "fail") {
    throw new RangeError("no more stories");
  }
  return { messages: [await model.invoke(messages)] };
}

export const graph = new StateGraph(MessagesAnnotation).addNode("tell", tell).addEdge(START, "tell").compile();
