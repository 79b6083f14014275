// Tool-calling chat agent on the fake model: call tool -> tools -> final answer.

import { tool } from "@langchain/core/tools";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ToolNode, toolsCondition } from "@langchain/langgraph/prebuilt";
import { z } from "zod";

import { FakeModel } from "./fake_model.js";

export const getWeather = tool(({ city }) => `sunny in ${city}`, {
  name: "get_weather",
  description: "Weather for a city.",
  schema: z.object({ city: z.string() }),
});

export const graph = new StateGraph(MessagesAnnotation)
  .addNode("model", async ({ messages }) => ({ messages: [await new FakeModel().invoke(messages)] }))
  .addNode("tools", new ToolNode([getWeather]))
  .addEdge(START, "model")
  .addConditionalEdges("model", toolsCondition, ["tools", "__end__"])
  .addEdge("tools", "model")
  .compile({ name: "chat" });
