// What a run is started with: the graph's input or command, and its config, from the parameters of the call.

/** @typedef {typeof import("@langchain/langgraph")} LangGraph */
/** @typedef {Record<string, any>} Params */

/**
 * The input, or the `Command` that takes its place; a command of nothing just continues.
 * @param {Params} params
 * @param {LangGraph} langgraph
 */
export function graphInput({ command, input }, langgraph) {
  if (!command) return input ?? null;
  return Object.values(command).some((value) => value !== null) ? graphCommand(command, langgraph) : null;
}

/**
 * A command from its JSON; a null is the same as nothing.
 * @param {Params} command
 * @param {LangGraph} langgraph
 */
export function graphCommand({ update, resume, goto }, { Command, Send }) {
  /** @type {(target: any) => any} */
  const target = (one) => (typeof one === "object" && one !== null ? new Send(one.node, one.input) : one);
  return new Command({
    ...((update ?? null) !== null && { update }),
    ...((resume ?? null) !== null && { resume }),
    ...((goto ?? null) !== null && { goto: (Array.isArray(goto) ? goto : [goto]).map(target) }),
  });
}

/**
 * The config that the graph runs with: what the client said and the server's, by the names of JavaScript. What nobody said is left out,
 * as a graph may have a limit of its own.
 * @param {Params} params
 * @param {Record<string, unknown>} server what the metadata of every run says about the server
 */
export function runConfig({ config = {}, thread_id, run_id, user = null }, server) {
  const { recursion_limit, max_concurrency, run_name, configurable, metadata, ...rest } = config ?? {};
  return {
    ...rest,
    ...((recursion_limit ?? null) !== null && { recursionLimit: recursion_limit }),
    ...((max_concurrency ?? null) !== null && { maxConcurrency: max_concurrency }),
    ...((run_name ?? null) !== null && { runName: run_name }),
    configurable: { ...configurable, thread_id, ...(user !== null && { langgraph_auth_user: user }) },
    metadata: { ...metadata, ...server },
    runId: run_id,
  };
}
