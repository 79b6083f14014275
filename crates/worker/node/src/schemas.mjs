// The JSON Schemas of what goes in and comes out of a graph.
//
// TypeScript's types are gone when code runs, and asking its compiler takes ten seconds. So a schema is what the graph itself knows:
// zod and Standard Schema describe themselves, and for the rest the channels say which keys there are, which of them holds messages,
// and by their defaults what kind of value they hold.

/** @typedef {import("./graphs.mjs").Pregel} Pregel */
/** @typedef {import("./project.mjs").Project} Project */
/** @typedef {Record<string, any>} Schema */

/** By it clients know where a chat is. */
const MESSAGES = { langgraph_type: "messages", type: "array", items: { type: "object" } };
const MESSAGE_REDUCERS = new Set(["messagesStateReducer", "addMessages", "messagesDeltaReducer"]);

/**
 * The schemas of a graph's input, output, state and context; null for what cannot be described at all.
 * @param {Pregel} graph
 * @param {Project} project
 */
export async function graphSchemas(graph, project) {
  const described = await project.importSchemas();
  /** @type {(name: string, otherwise: () => Schema | null) => Schema | null} */
  const schema = (name, otherwise) => first(() => described?.[name]?.(graph), otherwise);
  const title = graph.getName();
  const context = schema("getConfigTypeSchema", () => null);
  return {
    input_schema: schema("getInputTypeSchema", () => ofChannels(graph, /** @type {any} */ (graph.inputChannels), title)),
    output_schema: schema("getOutputTypeSchema", () => ofChannels(graph, /** @type {any} */ (graph.outputChannels), title)),
    state_schema: schema("getStateTypeSchema", () => ofChannels(graph, /** @type {any} */ (graph.streamChannelsAsIs), title)),
    config_schema: context ?? {},
    context_schema: context,
  };
}

/**
 * What the first of these makes that makes anything.
 * @param {(() => Schema | null | undefined)[]} attempts
 */
function first(...attempts) {
  for (const attempt of attempts) {
    try {
      const found = attempt();
      if (found) return found;
    } catch {
      // Describing fails in many ways, none of which is the graph's fault.
    }
  }
  return null;
}

/**
 * What the channels tell of themselves.
 * @param {Pregel} graph
 * @param {string | readonly string[]} channels
 * @param {string} title
 * @returns {Schema}
 */
function ofChannels(graph, channels, title) {
  const { channels: all } = graph;
  // The input of a builder's graph is one channel, which takes what the builder's own channels take.
  const isStart = channels === "__start__";
  if (typeof channels === "string" && !isStart) return { title, ...ofChannel(all[channels]) };
  const names = isStart ? inputNames(graph) : channels;
  const properties = Object.fromEntries([...names].map((name) => [name, ofChannel(all[name])]));
  return { title, type: "object", properties };
}

/** @param {any} graph */
function inputNames(graph) {
  const { builder } = graph;
  const definition = builder?._schemaDefinitions?.get(builder._inputDefinition);
  if (definition) return Object.keys(definition);
  const { streamChannelsAsIs: names } = graph;
  return Array.isArray(names) ? names : [];
}

/**
 * @param {any} channel
 * @returns {Schema}
 */
function ofChannel(channel) {
  if (MESSAGE_REDUCERS.has(channel?.operator?.name)) return MESSAGES;
  if (typeof channel?.initialValueFactory !== "function") return {};
  return ofValue(channel.initialValueFactory());
}

/**
 * @param {unknown} value
 * @returns {Schema}
 */
function ofValue(value) {
  if (Array.isArray(value)) return { type: "array", items: {} };
  switch (typeof value) {
    case "string":
    case "boolean":
    case "number":
      return { type: typeof value };
    case "object":
      return value === null ? {} : { type: "object" };
    default:
      return {};
  }
}
