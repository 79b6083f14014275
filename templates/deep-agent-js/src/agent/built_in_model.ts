// A model that is a few rules, so that the agent works and is tested before any key is set.

import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";

const FILE = /\/[\w./-]*\w/;
const COMMAND = /`([^`]+)`/;

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

/** What comes after these messages, be they those of the agent or of one that it delegates to. */
export function answer(messages: BaseMessage[]): AIMessage {
  const last = messages.at(-1);
  const text = last?.text ?? "";
  if (ToolMessage.isInstance(last)) {
    if (last.status === "error") return new AIMessage(`I have not done it: ${text}`);
    if (last.name !== "write_file") return new AIMessage(`Done. The tool \`${last.name}\` says: ${text}`);
    const task = { subagent_type: "critic", description: `Review what was done: ${text}` };
    return calling("task", task, messages.length);
  }
  if (text.startsWith("Review")) return new AIMessage("It says what it should.");
  const command = COMMAND.exec(text)?.[1];
  if (command !== undefined) return calling("execute", { command }, messages.length);
  const file_path = FILE.exec(text)?.[0];
  if (file_path !== undefined && /write/i.test(text)) {
    return calling("write_file", { file_path, content: `${text}\n` }, messages.length);
  }
  return new AIMessage(
    `You said: ${text}\n` +
      "Without a model I can only write a file, as in: write it to /note.md; or run a command, as in: run `ls`. " +
      "Set OPENAI_API_KEY or ANTHROPIC_API_KEY in `.env`.",
  );
}

/** There is one call in an answer, so the number of the answer in its conversation makes an id. */
function calling(name: string, args: Record<string, unknown>, number: number): AIMessage {
  return new AIMessage({ content: "", tool_calls: [{ type: "tool_call", id: `call_${number}`, name, args }] });
}
