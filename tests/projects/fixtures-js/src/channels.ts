// Chat agent plus custom writes.

import { LangGraphRunnableConfig, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ToolNode, toolsCondition } from "@langchain/langgraph/prebuilt";

import { getWeather } from "./chat.js";
import { FakeModel } from "./fake_model.js";

async function model({ messages }: typeof MessagesAnnotation.State, { writer }: LangGraphRunnableConfig) {
  writer?.({ progress: 1 });
  writer?.({ name: "status", payload: { pct: 50 } });
  writer?.("plain");
  return { messages: [await new FakeModel().invoke(messages)] };
}

export const graph = new StateGraph(MessagesAnnotation)
  .addNode("model", model)
  .addNode("tools", new ToolNode([getWeather]))
  .addEdge(START, "model")
  .addConditionalEdges("model", toolsCondition, ["tools", "__end__"])
  .addEdge("tools", "model")
  .compile({ name: "channels" });
