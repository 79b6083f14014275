// Keeps what the page knows of one thread up to date: asks for its state once, then follows its events; nothing twice, nothing missing.

import { fromState, reduce, withState } from "../model/run-view.ts";
import { emptyView, type StateAnswer, type ThreadView } from "../model/thread-view.ts";
import { failureOf, type ApiFailure } from "./failure.ts";
import type { JsonObject, RunRecord, RunSummary, ThreadEvent } from "./wire.ts";

/** What the API says of a thread when it is opened. */
export interface LoadedThread {
  metadata: JsonObject;
  updatedAt: string;
  state: StateAnswer;
  /** The newest first. */
  runs: RunSummary[];
  /** Of the newest runs, the newest first: their steps, and why they failed. */
  records: RunRecord[];
}

/** What a follower asks of the API. */
export interface ThreadApi {
  load(threadId: string): Promise<LoadedThread>;
  state(threadId: string): Promise<StateAnswer>;
  record(runId: string): Promise<RunRecord | null>;
}

/** Told of the events of a thread. */
export interface ThreadListener {
  onEvent: (event: ThreadEvent) => void;
  /** Not everything since then is kept any more. */
  onMissed: () => void;
  onRefused: (failure: ApiFailure) => void;
}

/** Where events of a thread come from; `after` is the id of the last one known. Returns what ends it. */
export type FollowEvents = (threadId: string, after: string, listener: ThreadListener) => () => void;

/** A thread as it is known at the moment. */
export interface Followed {
  status: "loading" | "ready" | "gone" | "failed";
  view: ThreadView;
  metadata: JsonObject;
  /** The newest first. */
  runs: RunSummary[];
  record: RunRecord | null;
  failure: ApiFailure | null;
}

/** Puts work off until the page can draw again: a burst of tokens is one rendering. */
export type Schedule = (work: () => void) => void;

/** So many of the newest runs are known. */
export const MOST_RUNS = 20;
/** A run that was interrupted is shown with those that went on from it: of so many the steps are asked for. */
export const MOST_RECORDS = 3;
const ACTIVE = new Set(["pending", "running"]);

/** The id behind which events are asked for: ids begin with the server's milliseconds, as do the times it tells. */
export function followAfter(loaded: Pick<LoadedThread, "updatedAt" | "runs">): string {
  const active = loaded.runs.filter((run) => ACTIVE.has(run.status)).map((run) => Date.parse(run.created_at));
  const since = Math.min(Date.parse(loaded.updatedAt), ...active);
  return `${Math.max(0, (Number.isNaN(since) ? 0 : since) - 1)}-0`;
}

export class ThreadFollower {
  readonly #threadId: string;
  readonly #api: ThreadApi;
  readonly #follow: FollowEvents;
  readonly #schedule: Schedule;
  readonly #listeners = new Set<() => void>();
  #followed: Followed;
  #buffer: ThreadEvent[] = [];
  #scheduled = false;
  #unfollow: (() => void) | null = null;
  /** While everything is asked for again: what is heard from the question on. */
  #meanwhile: ThreadEvent[] | null = null;
  /** The runs that the server told of since everything was asked for last: the answers may be older. */
  readonly #told = new Map<string, RunSummary>();
  /** Increases with every start, so that answers to an earlier one are dropped. */
  #round = 0;

  constructor(threadId: string, api: ThreadApi, follow: FollowEvents, schedule: Schedule) {
    this.#threadId = threadId;
    this.#api = api;
    this.#follow = follow;
    this.#schedule = schedule;
    this.#followed = { status: "loading", view: emptyView(threadId), metadata: {}, runs: [], record: null, failure: null };
  }

  readonly current = (): Followed => this.#followed;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks for everything, and follows from there. */
  async start(): Promise<void> {
    this.stop();
    const round = this.#round;
    this.#told.clear();
    try {
      const loaded = await this.#api.load(this.#threadId);
      if (round === this.#round) this.#begin(loaded);
    } catch (error) {
      if (round === this.#round) this.#failed(failureOf(error));
    }
  }

  stop(): void {
    this.#round += 1;
    this.#unfollow?.();
    this.#unfollow = null;
    this.#buffer = [];
  }

  /** The server told of a run of the thread: it waits, it executes on this generation, it ended. */
  heardOfRun(run: RunSummary): void {
    this.#told.set(run.run_id, run);
    this.#change({ runs: newestFirst([run], this.#followed.runs) });
    if (run.status === "running") this.#catchUp();
  }

  /** The thread was deleted, here or elsewhere. */
  gone(): void {
    this.stop();
    this.#change({ status: "gone" });
  }

  /** Asks for the state once more, and takes it unless something newer came meanwhile. */
  async refresh(): Promise<void> {
    const round = this.#round;
    const before = this.#followed.view.lastEventId;
    try {
      const state = await this.#api.state(this.#threadId);
      this.#flush();
      if (round !== this.#round || this.#followed.view.lastEventId !== before) return;
      this.#change({ view: withState(this.#followed.view, state) });
    } catch (error) {
      if (round === this.#round) this.#failed(failureOf(error));
    }
  }

  /** Events are gone that were not heard; what comes from now on is heard. So only what is there now has to be asked for. */
  async #reload(): Promise<void> {
    const round = this.#round;
    const meanwhile: ThreadEvent[] = [];
    this.#meanwhile = meanwhile;
    this.#told.clear();
    try {
      const loaded = await this.#api.load(this.#threadId);
      if (round !== this.#round || this.#meanwhile !== meanwhile) return;
      this.#buffer = [];
      this.#take(loaded, meanwhile);
      this.#catchUp();
    } catch (error) {
      if (round === this.#round) this.#failed(failureOf(error));
    } finally {
      if (this.#meanwhile === meanwhile) this.#meanwhile = null;
    }
  }

  #begin(loaded: LoadedThread): void {
    this.#take(loaded, []);
    this.#unfollow = this.#follow(this.#threadId, followAfter(loaded), {
      onEvent: (event) => this.#heard(event),
      onMissed: () => void this.#reload(),
      onRefused: (failure) => this.#failed(failure),
    });
    this.#catchUp();
  }

  /** What was asked for, and on top of it what was heard since it was asked. */
  #take(loaded: LoadedThread, since: ThreadEvent[]): void {
    const runs = newestFirst([...this.#told.values()], loaded.runs);
    const known = fromState(this.#threadId, loaded.state, runs.toReversed());
    const view = since.reduce(reduce, loaded.records.reduce(withSteps, known));
    this.#change({ status: "ready", view, metadata: loaded.metadata, runs, record: loaded.records[0] ?? null, failure: null });
  }

  /** A step that began before its thread was listened to is told by nobody but a newer record. */
  #catchUp(): void {
    const newest = this.#followed.runs[0];
    if (newest && (newest.status === "pending" || newest.status === "running")) void this.#readRecord(newest.run_id);
  }

  #heard(event: ThreadEvent): void {
    this.#meanwhile?.push(event);
    this.#buffer.push(event);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const events = this.#buffer;
    if (events.length === 0) return;
    this.#buffer = [];
    const before = this.#followed.view;
    const view = events.reduce(reduce, before);
    if (view === before) return;
    this.#change({ view });
    const news = events.filter((event) => event.event === "ended" || event.event === "state_updated");
    if (news.length > 0) void this.refresh();
    const ended = news.findLast((event) => event.event === "ended");
    if (ended?.event === "ended") void this.#readRecord(ended.run_id);
  }

  async #readRecord(runId: string): Promise<void> {
    const round = this.#round;
    const record = await this.#api.record(runId).catch(() => null);
    if (round === this.#round && record) this.#change({ record, view: withSteps(this.#followed.view, record) });
  }

  #failed(failure: ApiFailure): void {
    this.#change(failure.status === 404 ? { status: "gone", failure } : { status: "failed", failure });
  }

  #change(part: Partial<Followed>): void {
    this.#followed = { ...this.#followed, ...part };
    for (const listener of this.#listeners) listener();
  }
}

/** The view with what a record tells of the run's steps. */
function withSteps(view: ThreadView, { run_id, steps }: RunRecord): ThreadView {
  return steps.reduce((now, step) => reduce(now, { event: "step", run_id, step }), view);
}

/** The newest runs, newest first; what was told later counts. */
function newestFirst(later: RunSummary[], earlier: RunSummary[]): RunSummary[] {
  const told = new Set(later.map((run) => run.run_id));
  const runs = [...later, ...earlier.filter((run) => !told.has(run.run_id))];
  return runs.toSorted((a, b) => b.created_at.localeCompare(a.created_at)).slice(0, MOST_RUNS);
}
