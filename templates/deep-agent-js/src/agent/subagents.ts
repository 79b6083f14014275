// Whom the agent delegates to: each begins with nothing but its task, and comes back with an answer.

import type { SubAgent } from "deepagents";

export const researcher: SubAgent = {
  name: "researcher",
  description: "Finds out what is known about something, in the files that there are and by what it knows.",
  systemPrompt: "You are a researcher. Answer in a few sentences, and say what you are not sure of.",
};

export const critic: SubAgent = {
  name: "critic",
  description: "Reviews a text, and says what is wrong with it or missing.",
  systemPrompt: "You are a critic. Say in a sentence or two what should be better, or that nothing should.",
};
