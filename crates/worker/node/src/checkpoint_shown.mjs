// Checkpoints and tasks as clients see them: by the names that the API has for what is in them, and without what langgraph keeps for itself.

/** @typedef {import("./disclosure.mjs").Disclosure} Disclosure */

/**
 * What langgraph tells in a mode, as it is shown.
 * @param {string} mode
 * @param {any} data
 * @param {Disclosure} disclosure
 */
export function shownAs(mode, data, disclosure) {
  if (mode === "checkpoints") return checkpoint(data, disclosure);
  if (mode === "tasks") return task(data, disclosure);
  if (mode !== "debug") return data;
  const { type, payload } = data;
  return { ...data, payload: type === "checkpoint" ? withAddresses(checkpoint(payload, disclosure)) : task(payload, disclosure) };
}

/**
 * The keys that lead to a checkpoint, as states of threads have them.
 * @param {any} config
 */
export function addressOf(config) {
  const { thread_id, checkpoint_ns, checkpoint_id, checkpoint_map } = config?.configurable ?? {};
  if (!checkpoint_id && !checkpoint_ns) return null;
  const all = { checkpoint_id, thread_id, checkpoint_ns, checkpoint_map };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== null));
}

/**
 * The same as streams have them.
 * @param {any} config
 */
function streamedAddress(config) {
  const { thread_id, checkpoint_ns, checkpoint_id = null, checkpoint_map = null } = config?.configurable ?? {};
  return thread_id === undefined ? null : { thread_id, checkpoint_id, checkpoint_ns: checkpoint_ns ?? "", checkpoint_map };
}

/**
 * @param {any} payload
 * @param {Disclosure} disclosure
 */
function checkpoint({ parentConfig, config, tasks, ...rest }, disclosure) {
  return {
    ...rest,
    config: ownConfig(config),
    parent_config: ownConfig(parentConfig) ?? null,
    tasks: tasks?.map((/** @type {any} */ one) => task(one, disclosure)),
  };
}

/** @param {any} payload */
function withAddresses({ parent_config, ...payload }) {
  const addresses = { checkpoint: streamedAddress(payload.config), parent_checkpoint: streamedAddress(parent_config) };
  return { ...payload, ...(parent_config && { parent_config }), ...addresses };
}

/**
 * A task whose state is a place shows that place; and of its error as much as clients may see.
 * @param {any} told
 * @param {Disclosure} disclosure
 */
function task({ state, ...told }, disclosure) {
  const shown = told.error ? { ...told, error: disclosure.taskError(told.error) } : told;
  const address = streamedAddress(state);
  if (address) return { ...shown, checkpoint: address };
  return state === undefined ? shown : { ...shown, state };
}

/** @param {any} config */
function ownConfig(config) {
  if (typeof config !== "object" || config === null) return undefined;
  const { callbacks: _, ...rest } = config;
  const configurable = Object.entries(rest.configurable ?? {}).filter(([key]) => !key.startsWith("__"));
  return { ...rest, configurable: Object.fromEntries(configurable) };
}
