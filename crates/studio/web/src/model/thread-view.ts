// The parts of what the page knows of one thread: its values, runs, tasks, questions, and what streams.

import type { Call, Json, JsonObject, RunStatus, Step } from "../api/wire.ts";

export interface RunProgress {
  runId: string;
  status: RunStatus;
  /** `ValueError: kaboom` */
  error: string | null;
  attempt: number;
  /** In the order in which they started. */
  steps: Step[];
  calls: Call[];
}

/** A question that a node asked and that has no answer yet. */
export interface PendingInterrupt {
  /** What answers go by; empty only with versions of langgraph that gave none. */
  id: string;
  value: Json;
  responseSchema: JsonObject | null;
  node: string | null;
  /** Of the node that asked. */
  ns: string;
  runId: string | null;
}

/** A message of which only a part has come, or that no state holds yet. */
export interface StreamedMessage {
  id: string;
  message: JsonObject;
  ns: string;
  node: string | null;
  runId: string;
}

export interface CustomEvent {
  id: string;
  runId: string;
  ns: string;
  data: Json;
}

export interface SeenCheckpoint {
  checkpointId: string;
  parentId: string | null;
  ns: string;
  step: number;
  source: string;
  next: string[];
  runId: string | null;
}

/** What a node was given and what it returned. */
export interface TaskDetail {
  taskId: string;
  node: string;
  ns: string;
  runId: string;
  input: Json;
  result: Json;
  error: string | null;
  interrupted: boolean;
  ended: boolean;
}

export interface ThreadView {
  threadId: string;
  /** The latest values of the root, without `__interrupt__`; null before there is a state. */
  values: JsonObject | null;
  /** The latest values of each subgraph, by namespace. */
  nestedValues: Record<string, JsonObject>;
  next: string[];
  /** Of the state that `values` are, as far as that is known. */
  checkpointId: string | null;
  /** In the order in which they were heard of. */
  runs: RunProgress[];
  streaming: StreamedMessage[];
  interrupts: PendingInterrupt[];
  custom: CustomEvent[];
  checkpoints: SeenCheckpoint[];
  tasks: TaskDetail[];
  /** The id of the last event that moved it: what a subscription goes on after. */
  lastEventId: string | null;
  /** A run ended or a client changed the state: it has to be asked for again, and given to `withState`. */
  stale: boolean;
}

/** The answer of `GET /threads/{id}/state`, as far as it is read. */
export interface StateAnswer {
  values?: Json;
  next?: string[];
  tasks?: Json[];
  checkpoint?: { checkpoint_id?: string | null } | null;
}

/** A row of `GET /threads/{id}/runs`, as far as it is read. */
export interface KnownRun {
  run_id: string;
  status: RunStatus;
  attempt?: number;
}

export function emptyView(threadId: string): ThreadView {
  return {
    threadId,
    values: null,
    nestedValues: {},
    next: [],
    checkpointId: null,
    runs: [],
    streaming: [],
    interrupts: [],
    custom: [],
    checkpoints: [],
    tasks: [],
    lastEventId: null,
    stale: false,
  };
}
