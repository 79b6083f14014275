// An agent: a model that calls tools until it has an answer.
//
// The server keeps the state of every thread, so the model sees all earlier messages of its thread.

import { createAgent } from "langchain";

import { loadModel } from "./model.ts";
import { calculator, utcNow } from "./tools.ts";

export const graph = createAgent({
  model: await loadModel(process.env),
  tools: [calculator, utcNow],
  systemPrompt: "You are a helpful assistant. Calculate with the calculator and never in your head. Answer in a sentence.",
});
