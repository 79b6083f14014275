// The types of `lgx/testing`.

/** How to serve a project for tests. */
export interface ServeOptions {
  /** The project, or its langgraph.json. Without one: the langgraph.json of the current directory, or above. */
  project?: string;
  /** More flags of `lgx dev`. */
  flags?: readonly string[];
  /** Variables for the server and the project's code, beside those of this process. */
  env?: Readonly<Record<string, string>>;
}

/** A server for tests. */
export interface TestServer {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  /** Removes all threads, runs, assistants of one's own, and items of the store. */
  reset(): Promise<void>;
  /** Stops it, if it was started here. */
  stop(): Promise<void>;
}

/**
 * A server of the project: the one that `lgx exec -- npm test` has started, or one of its own, on a free port and with an empty state that
 * goes with it. Rejects with what it said when it does not come up.
 */
export function serve(options?: ServeOptions): Promise<TestServer>;
