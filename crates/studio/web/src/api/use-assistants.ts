// The assistants of the project, and which of them is used: as the address says, else as it was chosen last.
import type { Assistant } from "@langchain/langgraph-sdk";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useLocation, useRoute, useSearchParams } from "wouter";
import { paths } from "../paths.ts";
import { useClient, useStudio } from "../studio.tsx";
import { useStored } from "./storage.ts";
import { useRun } from "./use-runs.ts";
import { useThread } from "./use-thread.ts";

const MOST = 1000;

export function useAssistants() {
  const client = useClient();
  return useQuery({ queryKey: ["assistants"], queryFn: () => client.assistants.search({ limit: MOST }) });
}

/** The one that every graph has without anybody's doing. */
export const isDefault = (assistant: Assistant): boolean => assistant.metadata?.created_by === "system";

/** What the header calls it: the default one's name is its graph's, which stands beside it. */
export const nameOf = (assistant: Assistant): string => (isDefault(assistant) ? "default" : assistant.name);

export interface Chosen {
  /** Null where the project has no graph. */
  graph: string | null;
  /** Null until the list is there, or where the graph has none. */
  assistant: Assistant | null;
  /** The assistants of the graph, the default one first. */
  assistants: Assistant[];
  chooseGraph: (graph: string) => void;
  chooseAssistant: (assistantId: string) => void;
}

/** The graph and assistant that the page works with; the choice goes to the address and to what is kept. */
export function useChosen(): Chosen {
  const { project, storage } = useStudio();
  const [, go] = useLocation();
  const [onGraph, params] = useRoute<{ graph: string }>("/graphs/:graph");
  const [onThread, threadParams] = useRoute<{ id: string }>("/threads/:id");
  const thread = useThread(onThread ? threadParams.id : null).data;
  const [onRun, runParams] = useRoute<{ id: string }>("/runs/:id");
  const run = useRun(onRun ? runParams.id : "").data;
  const [search, setSearch] = useSearchParams();
  const [last, setLast] = useStored<string>(storage, "graph", "");
  const known = project.graphs.map((graph) => graph.id);
  const ofThread = textOf(thread?.metadata, "graph_id");
  const ofRun = run && known.includes(run.graph_id) ? run.graph_id : undefined;
  const kept = known.includes(last) ? last : (known[0] ?? null);
  const graph = (onGraph ? decodeURIComponent(params.graph) : (ofThread ?? ofRun)) ?? kept;
  const [keptAssistant] = useStored<string>(storage, `assistant:${graph}`, "");
  const all = useAssistants().data;
  const assistants = useMemo(
    () => (all ?? []).filter((one) => one.graph_id === graph).toSorted((a, b) => Number(isDefault(b)) - Number(isDefault(a))),
    [all, graph],
  );
  const wanted = search.get("assistant") ?? textOf(thread?.metadata, "assistant_id") ?? run?.assistant_id ?? keptAssistant;
  const assistant = assistants.find((one) => one.assistant_id === wanted) ?? assistants[0] ?? null;
  const chooseGraph = useCallback(
    (id: string) => {
      setLast(id);
      go(paths.graph(id, { assistant: storage.get(`assistant:${id}`, "") }));
    },
    [go, setLast, storage],
  );
  const chooseAssistant = useCallback(
    (id: string) => {
      storage.set(`assistant:${graph}`, id);
      if (!onGraph && !onThread) return;
      setSearch((now) => ({ ...Object.fromEntries(now), assistant: id }), { replace: true });
    },
    [graph, onGraph, onThread, setSearch, storage],
  );
  return { graph, assistant, assistants, chooseGraph, chooseAssistant };
}

function textOf(metadata: unknown, key: string): string | undefined {
  const value: unknown = metadata && typeof metadata === "object" ? Reflect.get(metadata, key) : undefined;
  return typeof value === "string" ? value : undefined;
}
