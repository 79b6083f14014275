// What can be done from everywhere, by keys or from the palette.
import { useMemo } from "react";
import { useLocation } from "wouter";
import { useChosen } from "../api/use-assistants.ts";
import { useStored } from "../api/storage.ts";
import { paths } from "../paths.ts";
import { useStudio } from "../studio.tsx";
import { RAIL } from "./rail-pages.ts";
import { useTheme, type Theme } from "./theme.ts";

export interface Action {
  name: string;
  /** One after the other: `g l`. */
  keys?: string;
  run: () => void;
}

/** The pages of the rail, then what changes the page as a whole. */
export function useActions(): { pages: Action[]; others: Action[] } {
  const [, go] = useLocation();
  const { identity, storage } = useStudio();
  const { graph, assistant } = useChosen();
  const [logs, setLogs] = useStored<boolean>(storage, "log-pane", false);
  const [theme, setTheme] = useTheme();
  const assistantId = assistant?.assistant_id ?? null;
  const pages = useMemo(() => {
    const home = graph === null ? "/" : paths.graph(graph, { assistant: assistantId });
    return RAIL.map(({ name, path, key }) => ({ name, keys: `g ${key}`, run: () => go(path === "graph" ? home : path) }));
  }, [go, graph, assistantId]);
  const others = useMemo(
    () => [
      { name: logs ? "Hide the log" : "Show the log", keys: "g o", run: () => setLogs(!logs) },
      { name: "Ask as somebody else…", run: () => identity.show(true) },
      ...THEMES.filter((one) => one.theme !== theme).map(({ theme: other, name }) => ({ name, run: () => setTheme(other) })),
    ],
    [logs, setLogs, identity, theme, setTheme],
  );
  return { pages, others };
}

const THEMES: { theme: Theme; name: string }[] = [
  { theme: "light", name: "Light colours" },
  { theme: "dark", name: "Dark colours" },
  { theme: "system", name: "Colours of the system" },
];

/** What pages react to by themselves; told in the list of keys. */
export const PAGE_KEYS: { keys: string; does: string }[] = [
  { keys: "Ctrl K", does: "Find a graph, thread, run or page" },
  { keys: "?", does: "These keys" },
  { keys: "Ctrl Enter", does: "Send, or resume" },
  { keys: "Esc", does: "Hide an error, cancel the run" },
  { keys: "[ ]", does: "Step before and after, in the history" },
  { keys: "← ↑ → ↓", does: "From node to node of the graph" },
  { keys: "b a", does: "Breakpoint before, after the node" },
  { keys: "e", does: "Expand the subgraph" },
];
