// Graph factories: what a function that makes graphs is called with, for each operation anew.

/** @typedef {"threads.create_run" | "threads.update" | "threads.read" | "assistants.read"} Access */
/** @typedef {Record<string, any>} Config */

/**
 * What an operation opens a graph with.
 * @typedef {{config: Config, context?: any, user?: any, access: Access}} Opening
 */

/** A function of the user's that makes a graph of its config and runtime. */
export class Factory {
  /** @param {(config: Config, runtime: object) => unknown} make */
  constructor(make) {
    this.function = make;
  }

  /**
   * What the factory makes for one operation; it may take its time.
   * @param {Opening} opening
   * @param {object} store
   */
  async make({ config, context = null, user = null, access }, store) {
    const isExecuted = access === "threads.create_run";
    const configurable = {
      ...config["configurable"],
      ...(user !== null && { langgraph_auth_user: user, langgraph_auth_user_id: user.identity, langgraph_auth_permissions: user.permissions }),
    };
    const runtime = { accessContext: access, executionRuntime: isExecuted ? { context } : null, user, store };
    return this.function({ ...config, configurable }, runtime);
  }
}
