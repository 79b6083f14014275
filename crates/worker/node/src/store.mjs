// Long-term memory for graphs: a `BaseStore` whose items are the server's.

import { plain } from "./encode.mjs";
import { CallFailed } from "./errors.mjs";

/** @typedef {typeof import("@langchain/langgraph-checkpoint")} CheckpointModule */
/** @typedef {import("@langchain/langgraph-checkpoint").Operation} Operation */
/** @typedef {import("./connection.mjs").Connection} Connection */
/** @typedef {import("./store_index.mjs").StoreIndex} StoreIndex */
/** @typedef {import("./store_index.mjs").Vectors} Vectors */
/** @typedef {{namespace: string[], key: string, value: any, created_at: string, updated_at: string, score?: number}} ItemJson */
/** @typedef {{item?: ItemJson | null, items?: ItemJson[], namespaces?: string[][]}} Result */
/** @typedef {{operation: Record<string, any>, section: Uint8Array | null, place: number | null}} Asked */
/** @typedef {{index: StoreIndex | null, refreshes: boolean, defaultTtl: number | null}} StoreOptions */

/**
 * The class of stores, made of the base class that the project's langgraph knows.
 * @param {CheckpointModule} module
 */
export function storeClass({ BaseStore, InvalidNamespaceError }) {
  /** Items over the protocol, a batch in one frame. What a batch reads is what was there before it. */
  return class RemoteStore extends BaseStore {
    #connection;
    #options;

    /**
     * @param {Connection} connection
     * @param {StoreOptions} options
     */
    constructor(connection, options) {
      super();
      this.#connection = connection;
      this.#options = options;
    }

    /**
     * Does all of the operations, or none.
     * @param {Operation[]} operations
     * @returns {Promise<any>}
     */
    async batch(operations) {
      const batch = new Batch(operations, this.#options);
      const asked = await batch.asked();
      /** @type {any[]} */
      const results = operations.map(() => null);
      try {
        for await (const { place, result } of this.#answers(asked)) if (place !== null) results[place] = shown(result);
      } catch (error) {
        if (error instanceof CallFailed && error.type === "ValueError") throw new InvalidNamespaceError(error.message);
        throw error;
      }
      return results;
    }

    /**
     * Asks until all have their results: one answer may not have room for them.
     * @param {Asked[]} asked
     */
    async *#answers(asked) {
      let left = asked;
      /** @type {ItemJson[]} */
      let begun = [];
      while (left.length > 0) {
        const sections = left.flatMap(({ section }) => section ?? []);
        const { meta } = await this.#connection.call("store.batch", { operations: left.map(({ operation }) => operation) }, sections);
        /** @type {Result[]} */
        const results = meta["results"];
        if (results[0]?.items) results[0].items = [...begun, ...results[0].items];
        begun = [];
        const last = left[results.length - 1];
        const rest = meta["more"] ? left.slice(results.length) : [];
        const search = meta["more"] ? last?.operation["search"] : undefined;
        const whole = search ? results.slice(0, -1) : results;
        for (const [index, result] of whole.entries()) yield { place: left[index]?.place ?? null, result };
        if (search && last) {
          begun = results.at(-1)?.items ?? [];
          const found = begun.length;
          const next = { ...search, offset: last.operation["search"].offset + found, limit: search.limit - found };
          rest.unshift({ ...last, operation: { search: next } });
        }
        left = rest;
      }
    }
  };
}

/** Operations on their way: what has to be embedded, and what is asked for, reads before writes. */
class Batch {
  #options;
  /** @type {{operation: any, place: number}[]} */
  #reads = [];
  /** @type {Map<string, any>} Of several writes to one item the last counts. */
  #puts = new Map();

  /**
   * @param {Operation[]} operations
   * @param {StoreOptions} options
   */
  constructor(operations, options) {
    this.#options = options;
    for (const [place, operation] of operations.entries()) {
      if ("value" in operation) this.#puts.set(JSON.stringify([operation.namespace, operation.key]), operation);
      else this.#reads.push({ operation, place });
    }
  }

  /** @returns {Promise<Asked[]>} */
  async asked() {
    const { index } = this.#options;
    const puts = [...this.#puts.values()].map((operation) => ({
      operation,
      texts: index && operation.value !== null && operation.index !== false ? index.texts(operation.value, operation.index) : [],
    }));
    const queries = index ? this.#reads.flatMap(({ operation }) => operation.query ?? []) : [];
    const texts = puts.flatMap((put) => put.texts);
    const vectors = index && (texts.length > 0 || queries.length > 0) ? await index.embed(texts, queries) : null;
    return [
      ...this.#reads.map(({ operation, place }) => ({ ...this.#read(operation, vectors), place })),
      ...puts.map((put) => ({ ...this.#write(put.operation, put.texts, vectors), place: null })),
    ];
  }

  /**
   * @param {any} operation
   * @param {Vectors | null} vectors
   */
  #read(operation, vectors) {
    const refresh_ttl = this.#options.refreshes;
    if ("namespacePrefix" in operation) {
      const { namespacePrefix, filter = {}, query, limit = 10, offset = 0 } = operation;
      const near = vectors && query ? vectors.dimensions : null;
      const search = { namespace_prefix: namespacePrefix, filter, near, limit: Math.max(limit, 0), offset: Math.max(offset, 0), refresh_ttl };
      return { operation: { search }, section: vectors && query ? vectors.ofQuery(query) : null };
    }
    if ("key" in operation) {
      return { operation: { get: { namespace: operation.namespace, key: operation.key, refresh_ttl } }, section: null };
    }
    const { matchConditions = [], maxDepth = null, limit = 100, offset = 0 } = operation;
    /** @type {(type: string) => string[][]} */
    const paths = (type) => matchConditions.flatMap((/** @type {any} */ one) => (one.matchType === type ? [one.path] : []));
    const list = { prefixes: paths("prefix"), suffixes: paths("suffix"), max_depth: maxDepth ?? null, limit, offset };
    return { operation: { list_namespaces: list }, section: null };
  }

  /**
   * @param {any} operation
   * @param {string[]} texts
   * @param {Vectors | null} vectors
   */
  #write({ namespace, key, value }, texts, vectors) {
    if (value === null) return { operation: { delete: { namespace, key } }, section: null };
    const embedded = vectors && texts.length > 0 ? vectors : null;
    const put = { namespace, key, value: plain(value), vectors: embedded?.dimensions ?? null, ttl: this.#options.defaultTtl };
    return { operation: { put }, section: embedded?.ofTexts(texts) ?? null };
  }
}

/** @param {Result} result */
function shown(result) {
  if (result.items) return result.items.map(item);
  if (result.namespaces) return result.namespaces;
  return result.item ? item(result.item) : null;
}

/** @param {ItemJson} json */
function item({ namespace, key, value, created_at, updated_at, score }) {
  const times = { createdAt: new Date(created_at), updatedAt: new Date(updated_at) };
  return { namespace, key, value, ...times, ...(score !== undefined && { score }) };
}
