// A deep agent: it works on files in a folder, has a researcher and a critic to delegate to, and asks before it acts.

import { createDeepAgent, LocalShellBackend } from "deepagents";

import { loadModel } from "./model.ts";
import { critic, researcher } from "./subagents.ts";

const SYSTEM_PROMPT = `You work on files for the user. Have the researcher find out what you do not know.
When you have written a file, have the critic review it, and tell the user in a sentence what it says.`;

// Commands run on this machine, as the user who serves. They see no variables but this one, so no keys.
const backend = await LocalShellBackend.create({
  rootDir: process.env.AGENT_FOLDER || "workspace",
  virtualMode: true,
  env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
});

export const graph = createDeepAgent({
  model: await loadModel(process.env),
  systemPrompt: SYSTEM_PROMPT,
  subagents: [researcher, critic],
  backend,
  // What changes something waits until somebody has approved, edited or rejected it.
  interruptOn: { write_file: true, edit_file: true, execute: true },
});
