// What a waiting thread asks, in the one line that a list has for it.

import type { Json } from "../api/wire.ts";
import { questionLine } from "./interrupts.ts";

interface WaitingThread {
  interrupts?: Record<string, readonly { id?: string | undefined; value?: unknown }[]> | null | undefined;
}

/** The first question; a thread that waits without one was stopped at a breakpoint, or by somebody. */
export function waitingLine(thread: WaitingThread): string {
  const questions = Object.values(thread.interrupts ?? {}).flat();
  const [first] = questions;
  if (first === undefined) return "Stopped before its next step";
  // What the API answers is JSON.
  const line = questionLine({ id: first.id ?? "", value: (first.value ?? null) as Json });
  // A node of a subgraph is told of by the graphs around it too, under the same id.
  const more = new Set(questions.map((question) => question.id)).size - 1;
  return more > 0 ? `${line} (and ${more} more)` : line;
}
