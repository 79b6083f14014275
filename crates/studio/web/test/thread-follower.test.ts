// How the page follows one thread: what it asks for, what it takes, and what it drops.

import { expect, test } from "vitest";
import { ApiFailure } from "../src/api/failure.ts";
import {
  followAfter,
  ThreadFollower,
  type LoadedThread,
  type ThreadListener,
} from "../src/api/thread-follower.ts";
import type { RunSummary, ThreadEvent } from "../src/api/wire.ts";

const RUN: RunSummary = {
  run_id: "r1",
  thread_id: "t",
  status: "running",
  assistant_id: "a",
  assistant_version: null,
  cron_id: null,
  graph_id: "chat",
  created_at: "2026-01-01T00:00:01.000Z",
  started_at: "2026-01-01T00:00:01.000Z",
  ended_at: null,
  attempt: 1,
  generation: 1,
  before_restart: false,
  queue_position: null,
  multitask_strategy: "enqueue",
  metadata: {},
};
const LOADED: LoadedThread = {
  metadata: { graph_id: "chat" },
  updatedAt: "2026-01-01T00:00:02.000Z",
  state: { values: { n: 1 }, next: [], tasks: [] },
  runs: [RUN],
  records: [],
};

function values(id: string, n: number): ThreadEvent {
  return { event: "streamed", id, run_id: "r1", name: "values", data: { n } };
}

/** A follower whose API answers what the test says, and whose events the test makes. */
function followed(loaded: LoadedThread, states: (() => Promise<LoadedThread["state"]>)[] = []) {
  const work: (() => void)[] = [];
  const listeners: ThreadListener[] = [];
  const afters: string[] = [];
  const loads: (() => Promise<LoadedThread>)[] = [];
  let ended = 0;
  const follower = new ThreadFollower(
    "t",
    {
      load: () => (loads.shift() ?? (async () => loaded))(),
      state: () => (states.shift() ?? (async () => loaded.state))(),
      record: async () => null,
    },
    (_thread, after, listener) => {
      afters.push(after);
      listeners.push(listener);
      return () => {
        ended += 1;
      };
    },
    (one) => work.push(one),
  );
  const draw = (): void => {
    for (const one of work.splice(0)) one();
  };
  return { follower, listeners, afters, draw, loads, ended: () => ended };
}

test("events are asked for from the start of the run that is under way", () => {
  expect(followAfter(LOADED)).toBe(`${Date.parse(RUN.created_at) - 1}-0`);
  expect(followAfter({ ...LOADED, runs: [{ ...RUN, status: "success" }] })).toBe(`${Date.parse(LOADED.updatedAt) - 1}-0`);
});

test("what came in one burst is one change, and what came twice is one event", async () => {
  const { follower, listeners, draw } = followed(LOADED);
  await follower.start();
  let changes = 0;
  follower.subscribe(() => {
    changes += 1;
  });
  for (const event of [values("5-0", 2), values("6-0", 3), values("5-0", 2)]) listeners[0]?.onEvent(event);
  draw();
  expect(changes).toBe(1);
  expect(follower.current().view.values).toEqual({ n: 3 });
});

test("at the end of a run the state is asked for, which knows what was not streamed", async () => {
  const { follower, listeners, draw } = followed(LOADED, [async () => ({ values: { n: 9 }, next: [], tasks: [] })]);
  await follower.start();
  listeners[0]?.onEvent({ event: "ended", id: "7-0", run_id: "r1", status: "success", error: null });
  draw();
  await Promise.resolve();
  await Promise.resolve();
  expect(follower.current().view.values).toEqual({ n: 9 });
});

test("a state that is older than what was heard meanwhile is not taken", async () => {
  const answers: ((state: LoadedThread["state"]) => void)[] = [];
  const { follower, listeners, draw } = followed(LOADED, [() => new Promise((resolve) => answers.push(resolve))]);
  await follower.start();
  const asked = follower.refresh();
  listeners[0]?.onEvent(values("8-0", 4));
  draw();
  answers[0]?.({ values: { n: 0 }, next: [], tasks: [] });
  await asked;
  expect(follower.current().view.values).toEqual({ n: 4 });
});

test("runs that the server tells of are the newest first, each once", async () => {
  const { follower } = followed(LOADED);
  await follower.start();
  follower.heardOfRun({ ...RUN, run_id: "r2", status: "pending", created_at: "2026-01-01T00:00:09.000Z" });
  follower.heardOfRun({ ...RUN, status: "success" });
  expect(follower.current().runs.map((run) => [run.run_id, run.status])).toEqual([
    ["r2", "pending"],
    ["r1", "success"],
  ]);
});

test("a run that is told of while the thread is asked for is known, though the answers do not have it", async () => {
  const answers: ((loaded: LoadedThread) => void)[] = [];
  const { follower, loads } = followed(LOADED);
  loads.push(() => new Promise((resolve) => answers.push(resolve)));
  const started = follower.start();
  follower.heardOfRun({ ...RUN, run_id: "r2", status: "running", created_at: "2026-01-01T00:00:09.000Z" });
  answers[0]?.(LOADED);
  await started;
  expect(follower.current().runs.map((run) => run.run_id)).toEqual(["r2", "r1"]);
});

test("after a gap everything is asked for again, and what is heard meanwhile is kept; it is not listened to anew", async () => {
  const answers: ((loaded: LoadedThread) => void)[] = [];
  const { follower, listeners, afters, draw, ended, loads } = followed(LOADED);
  await follower.start();
  loads.push(() => new Promise((resolve) => answers.push(resolve)));
  listeners[0]?.onMissed();
  listeners[0]?.onEvent(values("9-0", 7));
  answers[0]?.({ ...LOADED, state: { values: { n: 5, other: true }, next: [], tasks: [] } });
  await Promise.resolve();
  await Promise.resolve();
  draw();
  expect(follower.current().view.values).toEqual({ n: 7 });
  expect(afters).toHaveLength(1);
  expect(ended()).toBe(0);
});

test("a thread that is not there is gone; another failure says what it is", async () => {
  const { follower, listeners } = followed(LOADED);
  await follower.start();
  listeners[0]?.onRefused(new ApiFailure(403, "not yours"));
  expect(follower.current()).toMatchObject({ status: "failed", failure: { detail: "not yours" } });
  listeners[0]?.onRefused(new ApiFailure(404, "Thread not found"));
  expect(follower.current().status).toBe("gone");
});
