// A chatbot with memory: one node that answers the conversation so far.
//
// The server keeps the state of every thread, so each answer sees all earlier messages of its thread.

import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { END, type GraphNode, MessagesValue, START, StateGraph, StateSchema } from "@langchain/langgraph";

const DEFAULT_MODELS = {
  OPENAI_API_KEY: "openai:gpt-4.1-mini",
  ANTHROPIC_API_KEY: "anthropic:claude-haiku-4-5",
};

/** The chat model that the environment asks for, as `provider:name`, if it holds a key. */
export function modelName(environment: NodeJS.ProcessEnv): string | undefined {
  for (const [key, byDefault] of Object.entries(DEFAULT_MODELS)) {
    if (environment[key]) return environment.CHAT_MODEL || byDefault;
  }
  return undefined;
}

/** The chat model, or nothing (and a warning) when the package for it is not installed. */
async function loadModel(name: string) {
  const { initChatModel } = await import("langchain");
  try {
    return await initChatModel(name);
  } catch (error) {
    console.warn(`The built-in reply answers, because \`${name}\` cannot be used: ${error}`);
    return undefined;
  }
}

/** An answer that needs no model, so that the project works before any key is set. */
export function builtInReply(messages: BaseMessage[]): string {
  const said = messages.filter((message) => message.type === "human").map((message) => message.text);
  const [last, before] = said.toReversed();
  if (last === undefined) return "Hello! Send me a message.";
  if (before === undefined) {
    return `You said: ${last}\nSet OPENAI_API_KEY or ANTHROPIC_API_KEY in \`.env\` to get answers from a model.`;
  }
  return `You said: ${last}\nBefore that you said: ${before} (this is message ${said.length} of our conversation).`;
}

const name = modelName(process.env);
const model = name ? await loadModel(name) : undefined;

const State = new StateSchema({ messages: MessagesValue });

/** Answers the conversation so far. */
const chatbot: GraphNode<typeof State> = async ({ messages }) => {
  const answer = model ? await model.invoke(messages) : new AIMessage(builtInReply(messages));
  return { messages: [answer] };
};

export const builder = new StateGraph(State)
  .addNode("chatbot", chatbot)
  .addEdge(START, "chatbot")
  .addEdge("chatbot", END);

export const graph = builder.compile({ name: "Chatbot" });
