// What is kept with a checkpoint besides what langgraph says of it: of which run and graph it is, so that a history can be looked through.

/** @typedef {import("@langchain/core/runnables").RunnableConfig} RunnableConfig */
/** @typedef {import("@langchain/langgraph-checkpoint").CheckpointMetadata} CheckpointMetadata */

/** What says where a checkpoint is, which it says itself, or in which of a run's steps something happened. */
const PLACES = new Set([
  "thread_id",
  "checkpoint_id",
  "checkpoint_ns",
  "checkpoint_map",
  "langgraph_node",
  "langgraph_step",
  "langgraph_path",
  "langgraph_triggers",
  "langgraph_checkpoint_ns",
]);

/**
 * The metadata of a checkpoint with the texts, numbers and booleans of the metadata that its run has; what is configured is not for a saver
 * to add, says langgraph's own suite for them.
 * @param {RunnableConfig} config
 * @param {CheckpointMetadata} metadata
 * @returns {CheckpointMetadata}
 */
export function checkpointMetadata(config, metadata) {
  /** @type {Map<string, unknown>} */
  const whole = new Map(Object.entries(metadata));
  for (const [key, value] of Object.entries(config.metadata ?? {})) {
    if (!whole.has(key) && !PLACES.has(key) && !key.startsWith("__") && isPlain(value)) whole.set(key, value);
  }
  return /** @type {any} */ (Object.fromEntries(whole));
}

/** @param {unknown} value */
function isPlain(value) {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}
