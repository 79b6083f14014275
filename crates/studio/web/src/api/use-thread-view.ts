// The thread that the workbench shows, kept up to date by its follower.

import { useQueryClient } from "@tanstack/react-query";
import type { Run } from "@langchain/langgraph-sdk";
import type { Client } from "@langchain/langgraph-sdk/client";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { emptyView, type StateAnswer } from "../model/thread-view.ts";
import { useStudio } from "../studio.tsx";
import { ApiFailure, failureOf } from "./failure.ts";
import type { LgxApi } from "./lgx.ts";
import type { StudioSocket } from "./socket.ts";
import {
  MOST_RECORDS,
  MOST_RUNS,
  ThreadFollower,
  type FollowEvents,
  type Followed,
  type LoadedThread,
  type Schedule,
  type ThreadApi,
} from "./thread-follower.ts";
import { useServerEvents } from "./use-socket.ts";
import type { JsonObject, RunRecord, RunSummary } from "./wire.ts";

/** While a run makes one checkpoint after the other, the list of them is asked for so often. */
const CHECKPOINTS_EVERY_MS = 400;

/** A thread that is shown, or none yet. */
export interface ShownThread extends Followed {
  /** Asks for everything once more, after a failure. */
  again: () => void;
}

/** What the API's list of runs tells; times, generation and attempt are only in the records. */
function summaryOf(run: Run): RunSummary {
  const metadata = (run.metadata ?? {}) as JsonObject;
  return {
    run_id: run.run_id,
    thread_id: run.thread_id,
    assistant_id: run.assistant_id,
    assistant_version: null,
    cron_id: null,
    graph_id: typeof metadata.graph_id === "string" ? metadata.graph_id : "",
    status: run.status,
    multitask_strategy: run.multitask_strategy ?? "enqueue",
    created_at: run.created_at,
    started_at: null,
    ended_at: null,
    attempt: 1,
    generation: null,
    before_restart: false,
    queue_position: null,
    metadata,
  };
}

function asked(client: Client, lgx: LgxApi): ThreadApi {
  const state = async (threadId: string): Promise<StateAnswer> => {
    // The SDK's type of a state is narrower about tasks than what the server sends.
    const answer: unknown = await client.threads.getState(threadId, undefined, { subgraphs: true });
    return answer as StateAnswer;
  };
  const record = async (runId: string): Promise<RunRecord | null> => {
    try {
      return await lgx.run(runId);
    } catch (error) {
      // A run may be deleted between the list and this question.
      if (failureOf(error).status === 404) return null;
      throw error;
    }
  };
  const load = async (threadId: string): Promise<LoadedThread> => {
    const [[thread], current, listed] = await Promise.all([
      client.threads.search({ ids: [threadId], limit: 1, select: ["thread_id", "metadata", "updated_at", "status"] }),
      state(threadId),
      client.runs.list(threadId, { limit: MOST_RUNS }),
    ]);
    if (!thread) throw new ApiFailure(404, "This thread does not exist");
    const found = await Promise.all(listed.slice(0, MOST_RECORDS).map((run) => record(run.run_id)));
    const records = found.filter((one) => one !== null);
    const runs = listed.map((run) => records.find((one) => one.run_id === run.run_id) ?? summaryOf(run));
    return {
      metadata: (thread.metadata ?? {}) as JsonObject,
      updatedAt: thread.updated_at,
      state: current,
      runs,
      records,
    };
  };
  return { load, state, record };
}

function following(socket: StudioSocket): FollowEvents {
  return (threadId, after, listener) =>
    socket.listen(
      `thread:${threadId}`,
      (message) => {
        if (message.type === "event") listener.onEvent(message.event);
        else if (message.type === "missed") listener.onMissed();
        else listener.onRefused(new ApiFailure(message.status, message.detail));
      },
      after,
    );
}

/** However dear it is to draw a run of thousands of steps, a third of the time is left for whoever uses the page. */
const REST = 0.5;
const LONGEST_REST_MS = 500;

/** Before the next drawing, and not before the page had a rest from the last one; a page that is not seen goes on all the same. */
function drawingSchedule(): Schedule {
  let tookMs = 0;
  const timed = (work: () => void): void => {
    const began = performance.now();
    work();
    // What the work made React render is done when the next task begins.
    setTimeout(() => {
      tookMs = performance.now() - began;
    }, 0);
  };
  return (work) => {
    const rest = Math.min(LONGEST_REST_MS, tookMs * REST);
    setTimeout(() => {
      if (document.visibilityState === "visible") requestAnimationFrame(() => timed(work));
      else timed(work);
    }, rest);
  };
}

const NOTHING = (): (() => void) => () => undefined;

/** Follows a thread as long as the component is there; null follows none. */
export function useThreadView(threadId: string | null): ShownThread {
  const { client, lgx, socket } = useStudio();
  const queries = useQueryClient();
  const follower = useMemo(
    () => (threadId ? new ThreadFollower(threadId, asked(client, lgx), following(socket), drawingSchedule()) : null),
    [threadId, client, lgx, socket],
  );
  useEffect(() => {
    void follower?.start();
    return () => follower?.stop();
  }, [follower]);
  useEffect(
    () =>
      socket.onHello((hello, before) => {
        // As with all that was asked before the first hello: a run may have begun of which nobody told this page.
        if (before?.server_id !== hello.server_id) void follower?.start();
      }),
    [socket, follower],
  );
  useServerEvents((event) => {
    if (event.event === "run" && event.run.thread_id === threadId) follower?.heardOfRun(event.run);
    if (event.event === "thread" && event.thread_id === threadId && event.status === "deleted") follower?.gone();
  });
  const none = useMemo<Followed>(
    () => ({ status: "ready", view: emptyView(""), metadata: {}, runs: [], record: null, failure: null }),
    [],
  );
  const followed = useSyncExternalStore(follower?.subscribe ?? NOTHING, () => follower?.current() ?? none);
  const newest = followed.view.checkpointId;
  const waiting = useRef(false);
  useEffect(() => {
    if (threadId === null || newest === null || waiting.current) return;
    waiting.current = true;
    setTimeout(() => {
      waiting.current = false;
      void queries.invalidateQueries({ queryKey: ["checkpoints", threadId] }, { cancelRefetch: false });
    }, CHECKPOINTS_EVERY_MS);
  }, [threadId, newest, queries]);
  return useMemo(() => ({ ...followed, again: () => void follower?.start() }), [followed, follower]);
}
