// The server's own endpoints below /lgx/, typed as wire.ts says.
import { ApiFailure, detailOf, failureOf } from "./failure.ts";
import type { Identity } from "./identity.ts";
import type {
  AuthLens,
  CheckpointsFound,
  ItemLifetime,
  JsonObject,
  LogLines,
  Project,
  RunCalls,
  RunRecord,
  RunSearch,
  RunsFound,
  ScheduleTimes,
  SourceLines,
  ThreadsWithWords,
  WordSearch,
} from "./wire.ts";

/** What `POST /lgx/open` did; without an editor, a link that the browser can open. */
export type Opened = { opened_with: string } | { detail: string; link: string | null };

/** Asks /lgx/ as who this tab is; every failure is an `ApiFailure`. */
export class LgxApi {
  readonly #identity: Identity;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  project(): Promise<Project> {
    return this.#get("project");
  }

  /** Where a node's function stands; null of nodes of libraries, and of those that the newest code does not have any more. */
  sourceOfNode(graph: string, node: string): Promise<SourceLines | null> {
    return this.#get("source", { graph, node });
  }

  /** The lines around a line of a file of the project; none where the file has none there any more. */
  sourceAt(file: string, line: number): Promise<SourceLines> {
    return this.#get("source", { file, line });
  }

  /** When a schedule is due, or in an `ApiFailure` why it is none. */
  schedule(schedule: string, timezone: string | null, endTime: string | null): Promise<ScheduleTimes> {
    return this.#get("schedule", { schedule, timezone: timezone ?? undefined, end_time: endTime ?? undefined });
  }

  /** How long an item of the store lives. */
  itemLifetime(namespace: string[], key: string): Promise<ItemLifetime | null> {
    return this.#get("store/life", { namespace: namespace.join("."), key });
  }

  findWords(search: WordSearch, signal: AbortSignal): Promise<ThreadsWithWords> {
    return this.#answer("threads/words", { ...this.#posting({ ...search }), signal });
  }

  searchRuns(search: RunSearch): Promise<RunsFound> {
    return this.#json("runs/search", { ...search });
  }

  run(runId: string): Promise<RunRecord> {
    return this.#get(`runs/${encodeURIComponent(runId)}`);
  }

  runCalls(runId: string): Promise<RunCalls> {
    return this.#get(`runs/${encodeURIComponent(runId)}/calls`);
  }

  runLogs(runId: string): Promise<LogLines> {
    return this.#get(`runs/${encodeURIComponent(runId)}/logs`);
  }

  logs(): Promise<LogLines> {
    return this.#get("logs");
  }

  checkpoints(threadId: string, page: { limit?: number; offset?: number; ns?: string } = {}): Promise<CheckpointsFound> {
    return this.#get(`threads/${encodeURIComponent(threadId)}/checkpoints`, page);
  }

  authLens(threadId: string): Promise<AuthLens> {
    return this.#get(`threads/${encodeURIComponent(threadId)}/auth`);
  }

  /** Opens a file in the developer's editor; where the server knows none, answers a link. */
  async open(file: string, line: number): Promise<Opened> {
    const answer = await this.#send("open", this.#posting({ file, line }));
    const text = await answer.text();
    if (answer.status === 409 || answer.ok) return JSON.parse(text);
    throw new ApiFailure(answer.status, detailOf(text));
  }

  #get<T>(path: string, query: Record<string, string | number | undefined> = {}): Promise<T> {
    const asked = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
    const suffix = asked.length ? `?${new URLSearchParams(asked)}` : "";
    return this.#answer(path + suffix, { headers: this.#identity.headers() });
  }

  #json<T>(path: string, body: JsonObject): Promise<T> {
    return this.#answer(path, this.#posting(body));
  }

  #posting(body: JsonObject): RequestInit {
    return {
      method: "POST",
      headers: { ...this.#identity.headers(), "content-type": "application/json", "x-lgx-studio": "1" },
      body: JSON.stringify(body),
    };
  }

  async #answer<T>(path: string, init: RequestInit): Promise<T> {
    const answer = await this.#send(path, init);
    if (!answer.ok) throw new ApiFailure(answer.status, detailOf(await answer.text()));
    return answer.json();
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`/lgx/${path}`, init);
    } catch (caught) {
      throw failureOf(caught);
    }
  }
}
