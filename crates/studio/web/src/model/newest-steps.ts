// How many steps of a run the page keeps: as many as the server, the same ones. A loop without end must not fill the page.

import type { Step } from "../api/wire.ts";

const MOST_STEPS = 2_000;
const OF_THE_BEGINNING = MOST_STEPS / 2;

/** With one more; then the oldest goes that has ended and is not of the beginning. */
export function withNewest(steps: Step[], step: Step): Step[] {
  const all = [...steps, step];
  if (all.length <= MOST_STEPS) return all;
  const at = all.findIndex((one, place) => place >= OF_THE_BEGINNING && one.ended_at !== null);
  return at < 0 ? all : all.toSpliced(at, 1);
}

/** As many of these, which may be in any order. */
export function bounded(steps: Step[]): Step[] {
  if (steps.length <= MOST_STEPS) return steps;
  const ordered = steps.toSorted((a, b) => (a.started_at < b.started_at ? -1 : Number(a.started_at > b.started_at)));
  return [...ordered.slice(0, OF_THE_BEGINNING), ...ordered.slice(OF_THE_BEGINNING - MOST_STEPS)];
}
