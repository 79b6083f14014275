// What models say, message by message: the modes `messages` and `messages-tuple`.
//
// langgraph is always asked for subgraphs too, where a message is told by the graph that it is said in, and not again by the node of the
// graph around it. Clients that see the root graph alone are told of it by that node, as if langgraph had not been asked for more.

/** @typedef {[message: any, metadata: Record<string, any>]} Said */

/** The mode `messages`: each message as it grows, and whole once it is in the state. */
export class MessageSnapshots {
  /** @type {Map<string, any>} */
  #soFar = new Map();
  #complete = new Set();

  /**
   * Something was said; whole messages are told by the state.
   * @param {Said} said
   * @returns {Iterable<{name: string, data: unknown}>}
   */
  *said([message, metadata]) {
    const { id } = message;
    if (!id || typeof message.concat !== "function") return;
    const known = this.#soFar.get(id);
    if (known === undefined && !this.#complete.has(id)) {
      const { tags: _tags, name: _name, ...shown } = metadata;
      yield { name: "messages/metadata", data: { [id]: { metadata: shown } } };
    }
    const whole = known === undefined ? message : known.concat(message);
    this.#soFar.set(id, whole);
    yield { name: "messages/partial", data: [whole] };
  }

  /**
   * The state of the root graph.
   * @param {any} values
   */
  *state(values) {
    const messages = typeof values === "object" && values !== null ? values.messages : undefined;
    const fresh = listed(messages).filter((one) => one?.id && !this.#complete.has(one.id));
    for (const { id } of fresh) {
      this.#complete.add(id);
      this.#soFar.delete(id);
    }
    if (fresh.length > 0) yield { name: "messages/complete", data: fresh };
  }
}

/** The mode `messages-tuple` of clients that do not see subgraphs. */
export class RootMessages {
  /** @type {Map<string, Said>} What was said in subgraphs, by the message's id. */
  #below = new Map();
  /** @type {Map<string, Record<string, any>>} The metadata of the root's nodes, by their namespace. */
  #nodes = new Map();

  /** A handler of langchain's callbacks, which hears of the root's nodes. */
  get callbacks() {
    return {
      handleChainStart: (/** @type {unknown[]} */ ...given) => {
        const [, , , , tags, metadata, , name] = /** @type {any} */ (given);
        const namespace = metadata?.langgraph_checkpoint_ns;
        if (namespace && !namespace.includes("|") && name === metadata.langgraph_node) this.#nodes.set(namespace, { tags, name, ...metadata });
      },
    };
  }

  /**
   * Something was said in a subgraph.
   * @param {Said} said
   */
  saidBelow([message, metadata]) {
    if (message.id) this.#below.set(message.id, [message, metadata]);
  }

  /**
   * A task of the root graph has ended, and has written what it writes.
   * @param {string} place its namespace
   */
  ended(place) {
    this.#nodes.delete(place);
    for (const [id, said] of this.#below) if (placeOf(said) === place) this.#below.delete(id);
  }

  /** How much is kept. */
  get size() {
    return this.#below.size + this.#nodes.size;
  }

  /**
   * A node of the root graph has written: the messages among it that were said below.
   * @param {any} update
   * @returns {Iterable<Said>}
   */
  *written(update) {
    if (this.#below.size === 0 || typeof update !== "object" || update === null) return;
    for (const message of Object.values(update).flatMap(listed)) {
      const said = message?.id && this.#below.get(message.id);
      if (!said) continue;
      this.#below.delete(message.id);
      yield [message, this.#nodes.get(placeOf(said)) ?? said[1]];
    }
  }
}

/**
 * The task of the root graph that something was said in.
 * @param {Said} said
 */
function placeOf([, metadata]) {
  const [place = ""] = String(metadata["langgraph_checkpoint_ns"]).split("|");
  return place;
}

/** @param {any} value */
function listed(value) {
  return Array.isArray(value) ? value : [value];
}
