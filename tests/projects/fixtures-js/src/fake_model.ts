// A deterministic streaming chat model: it asks for the weather when that is spoken of, and else repeats what was said.

import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk, BaseMessage, isToolMessage } from "@langchain/core/messages";
import { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { ChatGenerationChunk, ChatResult } from "@langchain/core/outputs";

/** The call comes in three pieces, as models send them. */
function callChunks(): AIMessageChunk[] {
  const parts = [{ name: "get_weather", id: "call_1", args: "" }, { args: '{"city": ' }, { args: '"Paris"}' }];
  return parts.map((part) => new AIMessageChunk({ content: "", tool_call_chunks: [{ ...part, index: 0, type: "tool_call_chunk" }] }));
}

function wordChunks(text: string): AIMessageChunk[] {
  const words = `You said: ${text}`.split(" ");
  const spoken = words.map((word, index) => new AIMessageChunk(index === 0 ? word : ` ${word}`));
  const usage = { input_tokens: 3, output_tokens: words.length, total_tokens: 3 + words.length };
  return [...spoken, new AIMessageChunk({ content: "", usage_metadata: usage, response_metadata: { finish_reason: "stop" } })];
}

export class FakeModel extends BaseChatModel {
  constructor() {
    super({});
  }

  _llmType() {
    return "fake-chat";
  }

  #chunks(messages: BaseMessage[]): AIMessageChunk[] {
    const last = messages[messages.length - 1];
    const asksForWeather = !isToolMessage(last) && String(last.content).includes("weather");
    return asksForWeather ? callChunks() : wordChunks(String(last.content));
  }

  async *_streamResponseChunks(messages: BaseMessage[], _options: this["ParsedCallOptions"], manager?: CallbackManagerForLLMRun) {
    for (const message of this.#chunks(messages)) {
      const text = String(message.content);
      const chunk = new ChatGenerationChunk({ message, text });
      yield chunk;
      await manager?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk });
    }
  }

  async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const whole = this.#chunks(messages).reduce((before, more) => before.concat(more));
    const { content, tool_calls, usage_metadata } = whole;
    return { generations: [{ text: String(content), message: new AIMessage({ content, tool_calls, usage_metadata }) }] };
  }
}
