// Emits one message of every type with name, additional_kwargs and usage set, and takes one away again.

import { AIMessage, ChatMessage, FunctionMessage, HumanMessage, RemoveMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";

function emit() {
  return {
    messages: [
      new HumanMessage({ content: [{ type: "text", text: "hi" }], name: "bob", id: "h", additional_kwargs: { k: 1 } }),
      new SystemMessage({ content: "sys", id: "s" }),
      new AIMessage({
        content: "ai",
        id: "a",
        name: "bot",
        usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
        response_metadata: { model_name: "m" },
        additional_kwargs: { x: 1 },
        invalid_tool_calls: [{ name: "t", args: "{", id: "i1", error: "e", type: "invalid_tool_call" }],
      }),
      new ToolMessage({ content: "res", tool_call_id: "c", id: "t", status: "error", artifact: { z: 1 } }),
      new ChatMessage({ content: "chat", role: "critic", id: "c" }),
      new FunctionMessage({ content: "fn", name: "f", id: "f" }),
    ],
  };
}

export const graph = new StateGraph(MessagesAnnotation)
  .addNode("emit", emit)
  .addNode("drop", () => ({ messages: [new RemoveMessage({ id: "s" })] }))
  .addEdge(START, "emit")
  .addEdge("emit", "drop")
  .compile({ name: "msgs" });
