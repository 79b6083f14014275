// A model that is a few rules, so that the agent works and is tested before any key is set.

import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";

const ARITHMETIC = /[(\d][\d\s.()]*(?:[-+*/%]+[\d\s.()]*)+[\d)]/;

/** Calls the tools as their names suggest, and repeats what it is told. */
export class BuiltInModel extends BaseChatModel {
  override _llmType(): string {
    return "built-in";
  }

  /** The same model: its rules know the tools. */
  override bindTools(): this {
    return this;
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const message = answer(messages);
    return { generations: [{ text: message.text, message }] };
  }
}

/** What comes after these messages. */
export function answer(messages: BaseMessage[]): AIMessage {
  const last = messages.at(-1);
  const text = last?.text ?? "";
  if (ToolMessage.isInstance(last)) return new AIMessage(`The tool \`${last.name}\` says: ${text}`);
  const expression = ARITHMETIC.exec(text)?.[0];
  if (expression !== undefined) return calling("calculator", { expression }, messages.length);
  if (/\b(time|date|day)\b/i.test(text)) return calling("utc_now", {}, messages.length);
  return new AIMessage(
    `You said: ${text}\n` +
      "Without a model I can only calculate and tell the time. Set OPENAI_API_KEY or ANTHROPIC_API_KEY in `.env`.",
  );
}

/** There is one call in an answer, so the number of the answer in its conversation makes an id. */
function calling(name: string, args: Record<string, unknown>, number: number): AIMessage {
  return new AIMessage({ content: "", tool_calls: [{ type: "tool_call", id: `call_${number}`, name, args }] });
}
