// Which runs of a thread belong together: one that was interrupted, and those that went on from there.

import type { Step } from "../api/wire.ts";

interface Executed {
  steps: Step[];
}

function span(run: Executed): { first: number; last: number; asked: boolean } | null {
  const own = run.steps.filter((step) => step.ns === "");
  if (own.length === 0) return null;
  const last = own.reduce((most, { step }) => Math.max(most, step), -Infinity);
  return { first: own.reduce((least, { step }) => Math.min(least, step), Infinity), last, asked: own.some((step) => step.step === last && step.status === "interrupted") };
}

/**
 * The newest run that executed something, with those it goes on from, the oldest first. Whoever sends something new to a thread takes up a
 * step for it; whoever goes on does not: there the steps follow one another, and a step that asked something is executed again.
 */
export function runChain<Run extends Executed>(runs: readonly Run[]): Run[] {
  const chain: Run[] = [];
  let first: number | null = null;
  for (const run of runs.toReversed()) {
    const steps = span(run);
    if (!steps) continue;
    if (first !== null && steps.last + 1 !== first && !(steps.last === first && steps.asked)) break;
    chain.unshift(run);
    first = steps.first;
  }
  return chain;
}
