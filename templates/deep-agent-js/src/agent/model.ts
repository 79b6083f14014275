// Which model thinks: a real one where there is a key, else the built-in one.

import { initChatModel } from "langchain";

import { BuiltInModel } from "./built_in_model.ts";

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

/** The chat model that the environment asks for, or the built-in one. */
export async function loadModel(environment: NodeJS.ProcessEnv) {
  const name = modelName(environment);
  if (name === undefined) return new BuiltInModel({});
  try {
    return await initChatModel(name);
  } catch (error) {
    console.warn(`The built-in model answers, because \`${name}\` cannot be used: ${error}`);
    return new BuiltInModel({});
  }
}
