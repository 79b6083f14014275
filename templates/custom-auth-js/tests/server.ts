// A server of this project with a memory of its own, for the tests that talk to one.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Server {
  url: string;
  stop(): Promise<void>;
}

/** Starts the `lgx` on the PATH. It does not read `.env`, so it answers without a model. */
export async function startServer(): Promise<Server> {
  const state = await mkdtemp(join(tmpdir(), "state-"));
  const options = ["--config", "tests/langgraph.json", "--state-dir", state, "--node", process.execPath];
  const child = spawn("lgx", ["dev", "--port", "0", "--no-browser", "--no-reload", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit").catch(async (cause: NodeJS.ErrnoException) => {
    await rm(state, { recursive: true });
    const why = cause.code === "ENOENT" ? "there is no `lgx` on the PATH" : cause.message;
    throw new Error(`the server did not start: ${why}`, { cause });
  });
  // It prints one line when it is ready, or ends.
  const [ready] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  if (typeof ready !== "string") throw new Error("the server did not start; it says why above");
  const { url } = JSON.parse(ready);
  return {
    url,
    async stop() {
      child.kill();
      await ended;
      await rm(state, { recursive: true });
    },
  };
}
