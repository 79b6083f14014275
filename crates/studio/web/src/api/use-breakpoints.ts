// Before and after which nodes runs of a graph stop; kept for each graph, and sent by the composer with each run.
import { useCallback } from "react";
import { useStudio } from "../studio.tsx";
import { useStored } from "./storage.ts";

export type BreakpointSide = "before" | "after";

/** Names of nodes, as `interrupt_before` and `interrupt_after` take them. */
export type Breakpoints = Record<BreakpointSide, string[]>;

const NONE: Breakpoints = { before: [], after: [] };

export function useBreakpoints(graph: string) {
  const { storage } = useStudio();
  const [breakpoints, set] = useStored<Breakpoints>(storage, `breakpoints:${graph}`, NONE);
  const toggle = useCallback(
    (node: string, side: BreakpointSide) => {
      const now = storage.get<Breakpoints>(`breakpoints:${graph}`, NONE);
      const there = now[side].includes(node);
      set({ ...now, [side]: there ? now[side].filter((name) => name !== node) : [...now[side], node] });
    },
    [graph, set, storage],
  );
  const clear = useCallback(() => set(NONE), [set]);
  return { breakpoints, toggle, clear };
}
