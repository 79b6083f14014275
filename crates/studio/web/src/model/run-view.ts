// The view of a thread as its state gives it and as each event moves it on, never by anything else.

import type { Call, Json, JsonObject, RunStatus, Step, ThreadEvent } from "../api/wire.ts";
import { compareEventIds } from "./event-ids.ts";
import { isObject, listAt, numberAt, objectAt, textAt } from "./json.ts";
import { mergeChunk } from "./message-chunks.ts";
import { withNewest } from "./newest-steps.ts";
import { emptyView, type KnownRun, type PendingInterrupt, type RunProgress, type SeenCheckpoint, type StateAnswer, type StreamedMessage, type TaskDetail, type ThreadView } from "./thread-view.ts";

const MOST_CUSTOM = 500;
const MOST_TASKS = 500;
const MOST_CHECKPOINTS = 500;

export function fromState(threadId: string, state: StateAnswer | null, runs: KnownRun[] = []): ThreadView {
  const view = { ...emptyView(threadId), runs: runs.map(knownRun) };
  return state ? withState(view, state) : view;
}

function knownRun(run: KnownRun): RunProgress {
  return { runId: run.run_id, status: run.status, error: null, attempt: run.attempt ?? 1, steps: [], calls: [] };
}

/** The view with a state that was asked for again; what streamed and is in it goes. */
export function withState(view: ThreadView, state: StateAnswer): ThreadView {
  const values = isObject(state.values) ? withoutInterrupts(state.values) : null;
  return {
    ...view,
    values,
    next: state.next ?? [],
    checkpointId: state.checkpoint?.checkpoint_id ?? null,
    interrupts: interruptsOfTasks(state.tasks ?? [], ""),
    streaming: notYetIn(values ?? {}, view.streaming).filter((message) => !succeeded(view, message.runId)),
    stale: false,
  };
}

/** What such a run streamed and did not put into the state is not of the conversation. */
function succeeded(view: ThreadView, runId: string): boolean {
  return view.runs.some((run) => run.runId === runId && run.status === "success");
}

function interruptsOfTasks(tasks: Json[], ns: string): PendingInterrupt[] {
  return tasks.flatMap((task) => {
    const name = textAt(task, "name") ?? "";
    const inner = objectAt(task, "state");
    const below = [ns, `${name}:${textAt(task, "id") ?? ""}`].filter(Boolean).join("|");
    const nested = inner ? interruptsOfTasks(listAt(inner, "tasks"), below) : [];
    return nested.length > 0 ? nested : pending(listAt(task, "interrupts"), name, ns, null);
  });
}

function pending(values: Json[], node: string | null, ns: string, runId: string | null): PendingInterrupt[] {
  return values.filter(isObject).map((value) => ({
    id: textAt(value, "id") ?? textAt(value, "interrupt_id") ?? "",
    value: value.value ?? null,
    responseSchema: objectAt(value, "response_schema"),
    node,
    ns,
    runId,
  }));
}

/** The view after an event. An event that was heard already changes nothing: the same object comes back. */
export function reduce(view: ThreadView, event: ThreadEvent): ThreadView {
  if (event.event === "step") return changeRun(view, event.run_id, (run) => withStep(run, event.step));
  if (event.event === "call") return changeRun(view, event.run_id, (run) => withCall(run, event.call));
  if (view.lastEventId !== null && compareEventIds(event.id, view.lastEventId) <= 0) return view;
  return { ...moved(view, event), lastEventId: event.id };
}

type Numbered = Exclude<ThreadEvent, { event: "step" | "call" }>;

function moved(view: ThreadView, event: Numbered): ThreadView {
  switch (event.event) {
    case "began":
      // What was asked is answered by a run, or asked again by it.
      return changeRun(withoutStreamed({ ...view, interrupts: [] }, event.run_id), event.run_id, (run) => ({ ...run, status: "running", error: null }));
    case "ended":
      return ended(view, event.run_id, event.status, event.error);
    case "state_updated":
      return { ...view, stale: true };
    case "streamed":
      return streamed(view, event);
  }
}

function ended(view: ThreadView, runId: string, status: RunStatus, error: string | null): ThreadView {
  const stopped = changeRun(view, runId, (run) => ({
    ...run,
    status,
    error: error ?? (status === "success" ? null : run.error),
    steps: run.steps.map((step) => (step.status === "running" ? { ...step, status: "cancelled" } : step)),
  }));
  return { ...stopped, stale: true };
}

function changeRun(view: ThreadView, runId: string, change: (run: RunProgress) => RunProgress): ThreadView {
  const at = view.runs.findIndex((run) => run.runId === runId);
  const old: RunProgress = view.runs[at] ?? { runId, status: "running", error: null, attempt: 1, steps: [], calls: [] };
  const run = change(old);
  if (run === old && at >= 0) return view;
  return { ...view, runs: at < 0 ? [...view.runs, run] : view.runs.with(at, run) };
}

/**
 * A run begins once in each attempt, and then from its last checkpoint: what the attempt before streamed and did not save comes again, as
 * messages of other ids.
 */
function withoutStreamed(view: ThreadView, runId: string): ThreadView {
  return { ...view, streaming: view.streaming.filter((message) => message.runId !== runId) };
}

function withStep(run: RunProgress, step: Step): RunProgress {
  const at = run.steps.findLastIndex((other) => other.task_id === step.task_id && other.attempt === step.attempt);
  const old = run.steps[at];
  const attempt = Math.max(run.attempt, step.attempt);
  if (!old) return { ...run, attempt, steps: withNewest(run.steps, step) };
  // A start that is told again does not undo an end; nor does one that only the stream told of, without its time.
  if (old.status !== "running" && step.status === "running") return run;
  const better = { ...step, started_at: step.started_at || old.started_at };
  return same(old, better) ? run : { ...run, attempt, steps: run.steps.with(at, better) };
}

function same(left: Step, right: Step): boolean {
  return left.status === right.status && left.ended_at === right.ended_at && left.started_at === right.started_at && left.error === right.error;
}

function withCall(run: RunProgress, call: Call): RunProgress {
  const at = run.calls.findLastIndex((other) => other.call_id === call.call_id);
  const old = run.calls[at];
  if (!old) return { ...run, calls: [...run.calls, call] };
  if (old.status !== "running" && call.status === "running") return run;
  return { ...run, calls: run.calls.with(at, call) };
}

type Streamed = Extract<ThreadEvent, { event: "streamed" }>;

function streamed(view: ThreadView, event: Streamed): ThreadView {
  const [name = "", ...rest] = event.name.split("|");
  const ns = rest.join("|");
  const { data, run_id: runId } = event;
  switch (name) {
    case "metadata":
      return changeRun(view, runId, (run) => ({ ...run, status: "running", attempt: numberAt(data, "attempt") ?? run.attempt }));
    case "values":
      return isObject(data) ? valuesCame(view, data, ns, runId) : view;
    case "messages":
      return Array.isArray(data) ? chunkCame(view, data, ns, runId) : view;
    case "messages/partial":
    case "messages/complete":
      return Array.isArray(data) ? data.filter(isObject).reduce((now, message) => putMessage(now, message, null, ns, runId), view) : view;
    case "tasks":
      return isObject(data) ? taskCame(view, data, ns, runId) : view;
    case "checkpoints":
      return isObject(data) ? checkpointCame(view, data, ns, runId) : view;
    case "updates":
      return updatesCame(view, data, ns, runId);
    case "custom":
      return { ...view, custom: [...view.custom, { id: event.id, runId, ns, data }].slice(-MOST_CUSTOM) };
    case "error":
      return changeRun(view, runId, (run) => ({ ...run, error: errorText(data) }));
    default:
      return view;
  }
}

function errorText(data: Json): string {
  if (typeof data === "string") return data;
  const [type, message] = [textAt(data, "error"), textAt(data, "message")];
  return [type, message].filter(Boolean).join(": ") || JSON.stringify(data);
}

function withoutInterrupts(values: JsonObject): JsonObject {
  if (!("__interrupt__" in values)) return values;
  const { __interrupt__: _, ...rest } = values;
  return rest;
}

function valuesCame(view: ThreadView, data: JsonObject, ns: string, runId: string): ThreadView {
  const asked = addInterrupts(view, pending(listAt(data, "__interrupt__"), null, ns, runId));
  const values = withoutInterrupts(data);
  const streaming = notYetIn(values, asked.streaming);
  if (ns === "") return { ...asked, values, streaming };
  return { ...asked, nestedValues: { ...asked.nestedValues, [ns]: values }, streaming: asked.streaming };
}

/** The messages that no list of the values holds yet, by id. */
function notYetIn(values: JsonObject, streaming: StreamedMessage[]): StreamedMessage[] {
  if (streaming.length === 0) return streaming;
  const held = new Set<string>();
  for (const value of Object.values(values)) {
    if (Array.isArray(value)) for (const item of value) held.add(textAt(item, "id") ?? "");
  }
  const left = streaming.filter((message) => !held.has(message.id));
  return left.length === streaming.length ? streaming : left;
}

function chunkCame(view: ThreadView, data: Json[], ns: string, runId: string): ThreadView {
  const [chunk, metadata] = data;
  if (!isObject(chunk)) return view;
  const place = textAt(metadata, "langgraph_checkpoint_ns") ?? ns;
  return putMessage(view, chunk, textAt(metadata, "langgraph_node"), parentOf(place) || ns, runId);
}

/** The namespace of the graph in which a task lies. */
function parentOf(taskNs: string): string {
  return taskNs.split("|").slice(0, -1).join("|");
}

function putMessage(view: ThreadView, chunk: JsonObject, node: string | null, ns: string, runId: string): ThreadView {
  const id = textAt(chunk, "id");
  if (id === null) return view;
  const at = view.streaming.findIndex((message) => message.id === id);
  const old = view.streaming[at];
  const entry: StreamedMessage = { id, message: mergeChunk(old?.message, chunk), ns, node: node ?? old?.node ?? null, runId };
  const streaming = at < 0 ? [...view.streaming, entry] : view.streaming.with(at, entry);
  return view.values && at < 0 ? { ...view, streaming: notYetIn(view.values, streaming) } : { ...view, streaming };
}

function addInterrupts(view: ThreadView, found: PendingInterrupt[]): ThreadView {
  if (found.length === 0) return view;
  const interrupts = [...view.interrupts];
  for (const one of found) {
    const at = interrupts.findIndex((other) => other.id === one.id);
    const old = interrupts[at];
    if (!old) interrupts.push(one);
    // The node that asked knows best: the graphs around it repeat the question as theirs.
    else if (old.node === null || (one.node !== null && one.ns.length > old.ns.length)) {
      interrupts[at] = { ...one, node: one.node ?? old.node, responseSchema: one.responseSchema ?? old.responseSchema };
    }
  }
  return { ...view, interrupts };
}

function updatesCame(view: ThreadView, data: Json, ns: string, runId: string): ThreadView {
  return addInterrupts(view, pending(listAt(data, "__interrupt__"), null, ns, runId));
}

function taskCame(view: ThreadView, data: JsonObject, ns: string, runId: string): ThreadView {
  const [taskId, node] = [textAt(data, "id") ?? "", textAt(data, "name") ?? ""];
  const starts = "input" in data;
  const at = view.tasks.findLastIndex((task) => task.taskId === taskId && task.runId === runId);
  const old = view.tasks[at];
  const asked = listAt(data, "interrupts");
  const task: TaskDetail = {
    taskId,
    node,
    ns,
    runId,
    input: starts ? (data.input ?? null) : (old?.input ?? null),
    result: starts ? null : (data.result ?? null),
    error: data.error === undefined || data.error === null ? null : errorText(data.error),
    interrupted: asked.length > 0,
    ended: !starts,
  };
  const tasks = at < 0 ? [...view.tasks, task].slice(-MOST_TASKS) : view.tasks.with(at, task);
  return addInterrupts({ ...view, tasks }, pending(asked, node, ns, runId));
}

function checkpointCame(view: ThreadView, data: JsonObject, ns: string, runId: string): ThreadView {
  const checkpointId = checkpointIdOf(objectAt(data, "config"));
  if (checkpointId === null) return view;
  const seen: SeenCheckpoint = {
    checkpointId,
    parentId: checkpointIdOf(objectAt(data, "parent_config")),
    ns,
    step: numberAt(objectAt(data, "metadata"), "step") ?? 0,
    source: textAt(objectAt(data, "metadata"), "source") ?? "loop",
    next: listAt(data, "next").filter((name) => typeof name === "string"),
    runId,
  };
  // What comes again is mostly among the last ones.
  const at = view.checkpoints.findLastIndex((other) => other.checkpointId === checkpointId && other.ns === ns);
  const others = at < 0 ? view.checkpoints : view.checkpoints.toSpliced(at, 1);
  const checkpoints = [...others, seen].slice(-MOST_CHECKPOINTS);
  return ns === "" ? { ...view, checkpoints, checkpointId, next: seen.next } : { ...view, checkpoints };
}

function checkpointIdOf(config: JsonObject | null): string | null {
  return textAt(objectAt(config, "configurable"), "checkpoint_id");
}
