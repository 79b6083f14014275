// What an update of a state writes, held back until it can go to the server as a whole, so that no death leaves a part of it.
//
// langgraph stores an update in steps: the writes of the node that it is made as, upon the checkpoint that was there; the checkpoint that
// comes of them; what is to be sent to other nodes, upon that one. Of the first step alone the state would show what the update wrote,
// until the next run lets go of it; without the last one, nodes would be forgotten that the update was to bring about.

import { MAX_LENGTH, MAX_SECTIONS } from "./frames.mjs";

/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {{params: Meta, sections: Uint8Array[]}} Message */
/** @typedef {{described: Meta, sections: Uint8Array[]}} HeldWrite */

export class HeldWrites {
  /** @type {HeldWrite[]} */
  #writes = [];
  #mostSections;

  constructor({ mostSections = MAX_SECTIONS } = {}) {
    this.#mostSections = mostSections;
  }

  /**
   * @param {"put" | "put_writes"} kind
   * @param {Message} message
   */
  hold(kind, { params, sections }) {
    const { run_id: _, ...described } = params;
    this.#writes.push({ described: { [kind]: described }, sections });
  }

  /**
   * Lets go of them, as one message, or as few as they fit into.
   * @returns {Generator<Message>}
   */
  *take() {
    const writes = this.#writes;
    this.#writes = [];
    while (writes.length > 0) {
      const fitting = this.#fitting(writes);
      const message = writes.splice(0, fitting);
      yield { params: { writes: message.map(({ described }) => described) }, sections: message.flatMap(({ sections }) => sections) };
    }
  }

  /**
   * How many fit into one message, with room for what describes them; one in any case.
   * @param {HeldWrite[]} writes
   */
  #fitting(writes) {
    let [length, count] = [0, 0];
    const over = writes.findIndex(({ sections }) => {
      count += sections.length;
      length += sections.reduce((sum, { byteLength }) => sum + byteLength, 0);
      return count > this.#mostSections || length > MAX_LENGTH / 2;
    });
    return over < 0 ? writes.length : Math.max(over, 1);
  }
}
