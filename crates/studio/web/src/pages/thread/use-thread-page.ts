// Everything that the panes of a thread share: what is followed, which step is looked at, what is asked, what can be started.

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { failureOf } from "../../api/failure.ts";
import { useStored } from "../../api/storage.ts";
import { useSchemas } from "../../api/use-assistant.ts";
import { useBreakpoints } from "../../api/use-breakpoints.ts";
import { useRunCalls } from "../../api/use-runs.ts";
import { useCheckpoints, useStateAt } from "../../api/use-state-at.ts";
import { useThreadView } from "../../api/use-thread-view.ts";
import type { JsonObject, Step } from "../../api/wire.ts";
import { checkpointTree } from "../../model/checkpoint-tree.ts";
import { runChain } from "../../model/run-chain.ts";
import { tokensByTask } from "../../model/run-events.ts";
import { DEFAULT_SETTINGS, type RunSettings } from "../../model/run-request.ts";
import { fromState } from "../../model/run-view.ts";
import type { RunProgress } from "../../model/thread-view.ts";
import { paths } from "../../paths.ts";
import { useStudio } from "../../studio.tsx";
import { useMessages, useMessagesKey } from "./chat.tsx";
import type { ComposerMode } from "./composer.tsx";
import { activeRun, nextMove, shownRun, stopped, type ShownState } from "./thread-model.ts";
import { useAnswers } from "./use-answers.ts";
import { copyCheckpoint, useBranching, type CheckpointRef } from "./use-branching.ts";
import { useRunControl } from "./use-run-control.ts";

export type ThreadTab = "chat" | "state" | "timeline";

interface Where {
  threadId: string | null;
  graph: string;
  assistantId: string | null;
}

/** What the address says of a thread. */
function useThreadAddress() {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (part: Record<string, string | null>) => {
      setSearch(
        (now) => {
          const next = new URLSearchParams(now);
          for (const [key, value] of Object.entries(part)) {
            if (value === null || value === "") next.delete(key);
            else next.set(key, value);
          }
          return next;
        },
        { replace: true },
      );
    },
    [setSearch],
  );
  const view = search.get("view");
  const pane = view === "graph" || view === "history" ? view : "thread";
  const tab: ThreadTab = view === "state" || view === "timeline" ? view : "chat";
  // Who comes back from the graph finds the thread as they left it.
  const [left, setLeft] = useState<ThreadTab>(tab);
  const shown = pane === "thread" ? tab : left;
  const setTab = (to: ThreadTab): void => set({ view: to === "chat" ? null : to });
  const setPane = (to: string): void => {
    setLeft(shown);
    if (to === "thread") setTab(shown);
    else set({ view: to });
  };
  return { checkpoint: search.get("checkpoint"), ns: search.get("ns") ?? "", tab: shown, setTab, pane, setPane, set };
}

export function useThreadPage({ threadId, graph, assistantId }: Where) {
  const { client, storage, project } = useStudio();
  // What did not load has no schemas, and runs nothing.
  const loaded = project.graphs.some((one) => one.id === graph && one.loaded);
  const queries = useQueryClient();
  const [, go] = useLocation();
  const address = useThreadAddress();
  const thread = useThreadView(threadId);
  const { view } = thread;
  const [settings, setSettings] = useStored<RunSettings & JsonObject>(storage, `settings:${graph}`, { ...DEFAULT_SETTINGS });
  const [keptMode, setMode] = useStored<string>(storage, `mode:${graph}`, "");
  const { breakpoints, clear } = useBreakpoints(graph);
  const schemas = useSchemas(loaded && assistantId !== null ? assistantId : "").data;

  const history = useCheckpoints(threadId, address.ns);
  const tree = useMemo(() => checkpointTree(history.data?.pages.flatMap((page) => page.checkpoints) ?? [], address.ns), [history.data, address.ns]);
  const newest = tree.rows[0]?.checkpoint.checkpoint_id ?? null;
  const chosen = address.checkpoint;
  const past = useStateAt(threadId, chosen, address.ns);
  const state = useMemo((): ShownState => {
    if (chosen === null) return { values: view.values, next: view.next, interrupts: view.interrupts, checkpoint: null, loading: thread.status === "loading" };
    const then = fromState(threadId ?? "", past.data ?? null);
    const checkpoint = { checkpoint_id: chosen, checkpoint_ns: address.ns };
    return { values: then.values, next: then.next, interrupts: then.interrupts, checkpoint, loading: past.isPending };
  }, [chosen, view.values, view.next, view.interrupts, thread.status, threadId, past.data, past.isPending, address.ns]);

  const streaming = chosen === null ? view.streaming : NOTHING_STREAMS;
  const stateSchema: unknown = schemas?.state_schema ?? schemas?.output_schema ?? schemas?.input_schema;
  const messagesKey = useMessagesKey(state.values, stateSchema, streaming);
  const messages = useMessages(state.values, streaming, messagesKey);
  const branching = useBranching(threadId, tree, address.ns === "" ? (chosen ?? newest) : null, messagesKey, messages);
  const answers = useAnswers(state.interrupts);
  const active = activeRun(thread);
  const run = shownRun(thread);
  const control = useRunControl({
    threadId,
    graph,
    assistantId,
    settings,
    breakpoints,
    activeRunId: active?.run_id ?? null,
    onThread: (id) => go(paths.thread(id), { replace: true }),
  });
  const move = nextMove(active !== null || control.starting, state, run);
  const mode: ComposerMode = keptMode === "graph" || keptMode === "chat" ? keptMode : messagesKey === null ? "graph" : "chat";
  const chain = useMemo(() => runChain(view.runs), [view.runs]);
  const steps = useMemo((): Step[] => chain.flatMap((one) => one.steps), [chain]);

  const choose = (checkpointId: string | null): void => address.set({ checkpoint: checkpointId });
  const rerun = async (from: CheckpointRef): Promise<void> => {
    if (threadId === null) return;
    const copy = await copyCheckpoint(client, threadId, from);
    await queries.invalidateQueries({ queryKey: ["checkpoints", threadId] });
    if (await control.start({ kind: "continue" }, { checkpoint: copy })) choose(null);
  };
  const forked = async (to: CheckpointRef, alsoRun: boolean): Promise<void> => {
    await queries.invalidateQueries({ queryKey: ["checkpoints", threadId] });
    await thread.again();
    if (!alsoRun) choose(null);
    else if (await control.start({ kind: "continue" }, { checkpoint: to })) choose(null);
  };
  return {
    threadId,
    graph,
    assistantId,
    loaded,
    thread,
    view,
    state,
    tab: address.tab,
    setTab: address.setTab,
    pane: address.pane,
    setPane: address.setPane,
    run,
    active,
    move,
    control,
    settings,
    setSettings: (next: RunSettings) => setSettings({ ...next }),
    mode,
    setMode,
    breakpoints,
    clearBreakpoints: clear,
    messagesKey,
    messages,
    conversational: messagesKey !== null,
    answers,
    branching,
    steps,
    tokens: useTokens(run?.run_id ?? "", active === null, chain),
    finished: chain.at(-1)?.status === "success" && view.next.length === 0,
    waiting: active === null && state.interrupts.length === 0 && stopped(state, run) ? state.next : NONE,
    history: {
      tree,
      total: history.data?.pages[0]?.total ?? tree.rows.length,
      more: history.hasNextPage && !history.isFetchingNextPage ? () => void history.fetchNextPage() : null,
      failure: history.error ? failureOf(history.error) : null,
      again: () => void history.refetch(),
      chosen,
      ns: address.ns,
      setNamespace: (ns: string) => address.set({ ns, checkpoint: null }),
      namespaces: useNamespaces(view.nestedValues, view.tasks.map((task) => task.ns)),
    },
    choose,
    rerun,
    forked,
  };
}

export type ThreadPage = ReturnType<typeof useThreadPage>;

const NOTHING_STREAMS: never[] = [];
const NONE: string[] = [];

/** What each task used, by what the calls of its models tell. */
function useTokens(runId: string, over: boolean, chain: RunProgress[]): ReadonlyMap<string, number> {
  const { traces } = useStudio().project;
  // While a run goes on, its calls are told of as they happen.
  const kept = useRunCalls(over && traces ? runId : "").data?.calls;
  return useMemo(() => {
    const calls = new Map([...(kept ?? []), ...chain.flatMap((one) => one.calls)].map((call) => [call.call_id, call]));
    return tokensByTask(calls.values());
  }, [kept, chain]);
}

/** The namespaces of subgraphs that this page saw. */
function useNamespaces(nested: Record<string, unknown>, ofTasks: string[]): string[] {
  return [...new Set([...Object.keys(nested), ...ofTasks])].filter((ns) => ns !== "").toSorted();
}
