// An agent of langchain's, with a tool and a model that wants it once.

import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { createAgent, tool } from "langchain";
import { z } from "zod";

const weather = tool(({ city }) => `sunny in ${city}`, {
  name: "weather",
  description: "The weather in a city",
  schema: z.object({ city: z.string() }),
});

class Scripted extends BaseChatModel {
  _llmType() {
    return "scripted";
  }

  override bindTools() {
    return this;
  }

  async _generate(messages: BaseMessage[]) {
    const last = messages.at(-1);
    console.log(`answers the ${last?.type}`);
    const call = { id: "1", name: "weather", args: { city: "Basel" } };
    const message =
      last?.type === "tool"
        ? new AIMessage({ content: `It is ${String(last.content)}.`, usage_metadata: { input_tokens: 20, output_tokens: 9, total_tokens: 29 } })
        : new AIMessage({ content: "", tool_calls: [call], usage_metadata: { input_tokens: 10, output_tokens: 5, total_tokens: 15 } });
    return { generations: [{ text: String(message.content), message }] };
  }
}

export const graph = createAgent({ model: new Scripted({}), tools: [weather] });
