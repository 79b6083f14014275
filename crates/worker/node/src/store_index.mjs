// Search by meaning: which texts of an item are embedded, and making vectors of them with the project's own embeddings.

/** @typedef {{embedDocuments(texts: string[]): Promise<number[][]>, embedQuery(text: string): Promise<number[]>}} Embeddings */

/** Vectors of texts, as the protocol sends them: 32-bit floats, little endian. */
export class Vectors {
  /** @type {Map<string, Buffer>} */
  #texts = new Map();
  /** @type {Map<string, Buffer>} */
  #queries = new Map();

  /** @param {number} dimensions */
  constructor(dimensions) {
    this.dimensions = dimensions;
  }

  /**
   * @param {readonly string[]} texts
   * @param {readonly number[][]} vectors
   */
  addTexts(texts, vectors) {
    for (const [index, text] of texts.entries()) this.#texts.set(text, this.#encoded(vectors[index]));
  }

  /**
   * @param {string} query
   * @param {number[]} vector
   */
  addQuery(query, vector) {
    this.#queries.set(query, this.#encoded(vector));
  }

  /**
   * The vectors of these texts, one after the other.
   * @param {readonly string[]} texts
   */
  ofTexts(texts) {
    return Buffer.concat(texts.map((text) => this.#texts.get(text) ?? Buffer.alloc(0)));
  }

  /** @param {string} query */
  ofQuery(query) {
    return this.#queries.get(query) ?? Buffer.alloc(0);
  }

  /** @param {number[] | undefined} vector */
  #encoded(vector) {
    if (vector?.length !== this.dimensions) {
      throw new RangeError(
        `The embeddings made a vector of ${vector?.length ?? 0} numbers, and \`store.index.dims\` in langgraph.json says ${this.dimensions}.`,
      );
    }
    const bytes = Buffer.alloc(4 * vector.length);
    for (const [index, number] of vector.entries()) bytes.writeFloatLE(number, 4 * index);
    return bytes;
  }
}

/** What is embedded of items, and by what. */
export class StoreIndex {
  #embeddings;
  #dimensions;
  #fields;

  /**
   * @param {Embeddings} embeddings
   * @param {number} dimensions
   * @param {readonly string[]} fields
   */
  constructor(embeddings, dimensions, fields) {
    this.#embeddings = embeddings;
    this.#dimensions = dimensions;
    this.#fields = fields;
  }

  /**
   * What langgraph.json names, if it makes vectors: an `Embeddings` object of langchain, or a function from texts to vectors.
   * @param {unknown} value
   * @returns {Embeddings}
   */
  static embeddings(value) {
    if (typeof value === "function") {
      const vectorsOf = /** @type {(texts: string[]) => Promise<number[][]> | number[][]} */ (value);
      return { embedDocuments: async (texts) => vectorsOf(texts), embedQuery: async (text) => (await vectorsOf([text]))[0] ?? [] };
    }
    if (typeof value === "object" && value !== null && "embedDocuments" in value && "embedQuery" in value) {
      return /** @type {Embeddings} */ (value);
    }
    throw new TypeError("This makes no embeddings. Name an `Embeddings` object of langchain, or a function from texts to vectors.");
  }

  /**
   * The texts of an item's value; `fields` are used instead of the configured ones.
   * @param {unknown} value
   * @param {readonly string[] | null} [fields]
   */
  texts(value, fields) {
    return (fields ?? this.#fields).flatMap((field) => textsAt(value, field));
  }

  /**
   * @param {readonly string[]} texts
   * @param {readonly string[]} queries
   */
  async embed(texts, queries) {
    const vectors = new Vectors(this.#dimensions);
    const different = [...new Set(texts)];
    if (different.length > 0) vectors.addTexts(different, await this.#embeddings.embedDocuments(different));
    for (const query of new Set(queries)) vectors.addQuery(query, await this.#embeddings.embedQuery(query));
    return vectors;
  }
}

/**
 * The call `store.embed`: makes vectors of items and queries that come over HTTP.
 * @param {import("./worker.mjs").Worker} worker
 * @param {import("./calls.mjs").Call} _call
 * @param {{items?: {value: unknown, fields: string[] | null}[], queries?: string[]}} params
 * @returns {Promise<import("./connection.mjs").Answer>}
 */
export async function embed({ index }, _call, { items = [], queries = [] }) {
  if (!index) throw new Error("This project has no embeddings.");
  const texts = items.map(({ value, fields }) => index.texts(value, fields));
  const vectors = await index.embed(texts.flat(), queries);
  const sections = [...texts.map((one) => vectors.ofTexts(one)), ...queries.map((query) => vectors.ofQuery(query))];
  return { meta: { dimensions: vectors.dimensions }, sections };
}

/**
 * The texts at a path such as `$`, `title`, `parts[0].text`, `parts[*].text` or `labels.*`; what is no text there is shown as JSON.
 * @param {unknown} value
 * @param {string} path
 * @returns {string[]}
 */
function textsAt(value, path) {
  if (path === "$" || path === "") return [JSON.stringify(value)];
  const steps = path.replaceAll(/\[(?<index>\*|-?\d+)\]/g, ".$<index>").split(".").filter((step) => step !== "" && step !== "$");
  const found = steps.reduce((values, step) => values.flatMap((one) => inner(one, step)), [value]);
  return found.flatMap((one) => (one === null || one === undefined ? [] : [typeof one === "string" ? one : JSON.stringify(one)]));
}

/**
 * @param {unknown} value
 * @param {string} step
 * @returns {unknown[]}
 */
function inner(value, step) {
  if (typeof value !== "object" || value === null) return [];
  if (step === "*") return Object.values(value);
  if (Array.isArray(value)) return [value.at(Number(step))];
  return Object.hasOwn(value, step) ? [/** @type {Record<string, unknown>} */ (value)[step]] : [];
}
