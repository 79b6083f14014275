// What the server's own endpoints below /lgx/ answer, and what its socket sends. The API of the Agent Server itself comes typed with the SDK.

/** Any JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** An exception of user code and where it was raised, as the worker describes it. */
export interface Diagnostic {
  type: string;
  message: string;
  /** Relative to the project where it lies in it, else absolute. */
  file: string | null;
  line: number | null;
  column: number | null;
  /** What stands on the line. */
  source: string | null;
  function: string | null;
  traceback: string;
  hint: string | null;
}

/** Something odd in langgraph.json. */
export interface ConfigProblem {
  message: string;
  file: string | null;
  line: number | null;
  column: number | null;
  hint: string | null;
}

/** Why new code does not serve; the last code that loaded goes on. */
export type ReloadFailure =
  | { kind: "config"; problems: ConfigProblem[] }
  | { kind: "code"; diagnostic: Diagnostic }
  | { kind: "worker"; message: string; last_words: string[] };

/** What runs the project's code of one language, and why this one: completes "because of". */
export interface Interpreter {
  executable: string;
  version: string;
  why: string;
}

/** `GET /lgx/project` */
export interface Project {
  /** Fresh with every start of the server. */
  server_id: string;
  /** Of the folder; keys of what the browser keeps begin with it. */
  project_id: string;
  name: string;
  /** Absolute; null, as everything but the ids, the name, the version and `auth`, for who is not let in. */
  root: string | null;
  config: string | null;
  version: string;
  /** Before every path of the Agent Server API: "" or `http.mount_prefix`. */
  api_prefix: string;
  state: "loading" | "serving" | "failed";
  generation: number | null;
  /** What runs its Python, and its JavaScript; null where there is none of it. */
  python: Interpreter | null;
  node?: Interpreter | null;
  /** Of langgraph and what belongs to it. */
  versions: Record<string, string>;
  graphs: ProjectGraph[];
  problems: ConfigProblem[];
  failed_reload: ReloadFailure | null;
  auth: { configured: boolean; studio_user: boolean; target: string | null };
  slots: { used: number; total: number; queued: number };
  /** Whether `POST /lgx/open` knows an editor. */
  editor: boolean;
  /** Whether model and tool calls are recorded. */
  traces: boolean;
  /** What is not recorded of runs because the installed packages lack what that takes: `langgraph 2.0.0 has no PregelLoop._emit`. */
  unrecorded: { steps: string | null; calls: string | null };
}

export interface ProjectGraph {
  id: string;
  description: string | null;
  /** Where langgraph.json says it is: relative to the project, or a module. */
  target: string;
  file: string | null;
  line: number | null;
  loaded: boolean;
  error: Diagnostic | null;
  notices: string[];
}

/** `GET /lgx/schedule?schedule=&timezone=&end_time=`: the next five times at which a cron of this schedule would fire. */
export interface ScheduleTimes {
  next: string[];
}

/** `GET /lgx/store/life?namespace=a.b&key=`: how long an item of the store lives, null for ever; null in whole where there is none. */
export interface ItemLifetime {
  ttl_minutes: number | null;
  expires_at: string | null;
}

/** `POST /lgx/threads/words`: threads that have all of the words in their id, metadata or state, those that changed last first. */
export interface WordSearch {
  words: string[];
  metadata?: JsonObject;
  status?: string;
  /** `next` of the answer before. */
  after?: string;
  limit?: number;
}

export interface ThreadsWithWords {
  threads: ThreadWithWords[];
  /** How many threads were looked at for this answer. */
  looked_at: number;
  /** Null when all threads have been looked at. */
  next: string | null;
}

export interface ThreadWithWords {
  thread_id: string;
  status: "idle" | "busy" | "interrupted" | "error";
  metadata: JsonObject;
  created_at: string;
  updated_at: string;
  extracted: { message: Json };
  /** Where the state has the first of the words. */
  excerpt: string | null;
}

/** `GET /lgx/source`: some lines of a file of the project, as it is now. */
export interface SourceLines {
  file: string;
  absolute: string;
  /** The line asked for, from 1; of a node, the first line of its function. */
  line: number;
  /** The number of the first of `lines`. */
  first: number;
  /** None where the file has none there (any more), is gone, or is no text: it may be just being saved. */
  lines: string[];
}

/** One task of a run: a node (or a subgraph's node) that was executed, whoever started the run. */
export interface Step {
  task_id: string;
  node: string;
  /** The namespace as in streams: "" for the root, "child:<task id>" within a subgraph. */
  ns: string;
  step: number;
  started_at: string;
  ended_at: string | null;
  status: "running" | "success" | "error" | "interrupted" | "cancelled";
  /** `ValueError: kaboom` */
  error: string | null;
  /** Of the run: a task may be executed again after a crash. */
  attempt: number;
}

/** A call of a model or tool (or of a retriever) within a run. */
export interface Call {
  call_id: string;
  parent_call_id: string | null;
  /** The node that made it, if known. */
  task_id: string | null;
  node: string | null;
  ns: string;
  kind: "model" | "tool" | "retriever";
  name: string;
  /** Of a model: `gpt-4o`. */
  model: string | null;
  /** Of a model: who provides it, in langchain's words: `openai`. */
  provider: string | null;
  started_at: string;
  first_token_at: string | null;
  ended_at: string | null;
  status: "running" | "success" | "error";
  input: Json;
  output: Json;
  /** Tools that the model was offered, parameters of the call. */
  tools: Json[];
  parameters: JsonObject;
  usage: { input_tokens: number; output_tokens: number; total_tokens: number } | null;
  error: string | null;
  /** What was cut because it was too large. */
  cut: boolean;
}

export type RunStatus = "pending" | "running" | "success" | "error" | "timeout" | "interrupted";

/** A row of `POST /lgx/runs/search`, over all threads. */
export interface RunSummary {
  run_id: string;
  thread_id: string;
  assistant_id: string;
  /** The version of the assistant that it was made of; null where that was not kept. */
  assistant_version: number | null;
  graph_id: string;
  /** The cron that asked for it. */
  cron_id: string | null;
  status: RunStatus;
  multitask_strategy: string;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  /** 0 before it began. */
  attempt: number;
  /** The generation of the code that executes it, or did last. */
  generation: number | null;
  /** Whether that was before the server was started: it counts generations anew with each start. */
  before_restart: boolean;
  /** 1 for the next that starts on its thread; null when it does not wait. When one leaves the queue, the next 16 are told of their new places. */
  queue_position: number | null;
  metadata: JsonObject;
}

export interface RunSearch {
  status?: RunStatus;
  graph_id?: string;
  assistant_id?: string;
  thread_id?: string;
  /** Only those that this cron asked for. */
  cron_id?: string;
  created_after?: string;
  created_before?: string;
  limit?: number;
  offset?: number;
}

export interface RunsFound {
  runs: RunSummary[];
  total: number;
}

/** `GET /lgx/runs/{run_id}`: everything that is known of one run but its calls and logs. */
export interface RunRecord extends RunSummary {
  /** As it was asked for: input, command, config, context, stream modes, … */
  kwargs: JsonObject;
  steps: Step[];
  /** Steps beyond the most that are kept. */
  steps_dropped: number;
  error: Diagnostic | null;
}

/** `GET /lgx/runs/{run_id}/calls` */
export interface RunCalls {
  calls: Call[];
  dropped: number;
}

/** A line that user code printed or logged. */
export interface LogLine {
  /** Increases, also from one life of the server to the next. */
  id: number;
  at: string;
  level: "debug" | "info" | "warning" | "error" | "critical";
  logger: string | null;
  message: string;
  stream: "stdout" | "stderr" | "log";
  run_id: string | null;
  thread_id: string | null;
  /** The node that wrote it, and its task as the steps of the run name it. */
  node: string | null;
  task_id: string | null;
  generation: number | null;
}

/** `GET /lgx/logs`: of this life of the server; `GET /lgx/runs/{run_id}/logs`: of the run, in whichever life it wrote them. */
export interface LogLines {
  lines: LogLine[];
  /** How many came before these and are not kept. */
  dropped: number;
}

/** A row of `GET /lgx/threads/{thread_id}/checkpoints`, without values. */
export interface CheckpointSummary {
  checkpoint_id: string;
  parent_id: string | null;
  ns: string;
  step: number;
  source: "input" | "loop" | "update" | "fork";
  /** The nodes whose writes made it, as far as their tasks name them (those that `Send` started do not); empty for inputs. */
  nodes: string[];
  /** As its id says; null for an id that holds no time. */
  created_at: string | null;
  run_id: string | null;
  bytes: number;
}

/** `GET /lgx/threads/{thread_id}/auth`: what the project's auth says of who asks. */
export interface AuthLens {
  configured: boolean;
  /** The developer, who is let in without the authenticate handler. */
  is_studio: boolean;
  identity: string | null;
  permissions: string[];
  /** What else the user object has, by name. */
  fields: string[];
  /** Of the handler for `threads.read`; null where every thread may be seen. */
  filter: JsonObject | null;
  /** Whether there is such a thread that passes the filter. */
  visible: boolean;
}

/** `GET /threads/{thread_id}/storage` of the API, which the SDK has no type of. */
export interface ThreadStorage {
  total_bytes: number;
  checkpoints: { count: number; bytes: number };
  channel_values: { count: number; bytes: number; by_channel: Record<string, { versions: number; bytes: number }> };
  pending_writes: { count: number; bytes: number };
}

export interface CheckpointsFound {
  checkpoints: CheckpointSummary[];
  total: number;
}

/** First frame of the page: browsers cannot set headers on a socket. */
export interface ClientHello {
  type: "hello";
  headers: Record<string, string>;
  /** The last event of the topic `server` seen, if it came from this server. */
  server_id: string | null;
  after: number | null;
}
export type Topic = "server" | "logs" | `thread:${string}`;
export type ClientFrame =
  | ClientHello
  /** `after`: the id of the last event of the thread seen; null for what comes from now on. */
  | { type: "subscribe"; topic: Topic; after: string | null }
  | { type: "unsubscribe"; topic: Topic };

export type ServerFrame =
  | { type: "hello"; server_id: string; project_id: string; version: string; generation: number | null; last: number }
  | { type: "subscribed"; topic: Topic }
  /** Of a thread also when it is deleted: no events of the topic follow. Without a topic the socket is closed, unless a frame could not be read. */
  | { type: "refused"; topic: Topic | null; status: number; detail: string }
  /** Not all events since `after` are kept any more: ask for everything again. */
  | { type: "missed"; topic: Topic }
  | ({ type: "event"; topic: "server"; id: number; at: string } & ServerEvent)
  | { type: "event"; topic: "logs"; id: number; line: LogLine }
  | ({ type: "event"; topic: `thread:${string}` } & ThreadEvent);

/** What happens to the project as a whole. */
export type ServerEvent =
  | { event: "reloading"; changed: string[] }
  /** Also told of the first code that serves, and of what takes over from a worker that died or is blocked. */
  | { event: "reloaded"; generation: number; took_ms: number; old_runs: string[] }
  | { event: "reload_failed"; failure: ReloadFailure }
  | { event: "graph_failed"; graph_id: string; diagnostic: Diagnostic }
  | { event: "worker_died"; how: string; last_words: string[]; runs: string[]; restarts_in_ms: number | null }
  | { event: "run"; run: RunSummary }
  | { event: "run_deleted"; run_id: string; thread_id: string }
  | { event: "run_failed"; run_id: string; thread_id: string; diagnostic: Diagnostic }
  /** A thread is there, has another status, name or state, or is gone. */
  | { event: "thread"; thread_id: string; status: "idle" | "busy" | "interrupted" | "error" | "deleted" }
  | { event: "request_failed"; request: string; diagnostic: Diagnostic }
  | { event: "state_unavailable"; message: string };

/** What happens on one thread. */
export type ThreadEvent =
  /** What a run streams, under the name that streams give it: `values`, `updates`, `messages/partial`, `tasks`, `custom`, with `|ns` in a subgraph. */
  | { event: "streamed"; id: string; run_id: string; name: string; data: Json }
  | { event: "began"; id: string; run_id: string }
  | { event: "ended"; id: string; run_id: string; status: RunStatus; error: string | null }
  /** A client changed the state. */
  | { event: "state_updated"; id: string; checkpoint_id: string | null }
  /** A task of a run started or ended: told of every run, whatever it streams. */
  | { event: "step"; run_id: string; step: Step }
  | { event: "call"; run_id: string; call: Call };
