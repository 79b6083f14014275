// What the event loop's thread and the one beside it both see: when the loop last turned, and whether anybody cares.

const BEATING = 0;
const CALLS = 1;
const DEBUGGED = 2;
const STRICT = 3;
const FLAGS = 4;

/** Times are in milliseconds, by a clock that all threads share. */
export class LoopClock {
  #flags;
  #times;

  /** @param {SharedArrayBuffer} memory */
  constructor(memory = new SharedArrayBuffer(FLAGS * Int32Array.BYTES_PER_ELEMENT + BigInt64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#flags = new Int32Array(memory, BigInt64Array.BYTES_PER_ELEMENT, FLAGS);
    this.#times = new BigInt64Array(memory, 0, 1);
  }

  static now() {
    return Number(process.hrtime.bigint()) / 1e6;
  }

  /** The loop turns. */
  beat() {
    Atomics.store(this.#times, 0, process.hrtime.bigint());
  }

  get lastBeat() {
    return Number(Atomics.load(this.#times, 0)) / 1e6;
  }

  /** Whether the loop tells when it turns. */
  get isBeating() {
    return Atomics.load(this.#flags, BEATING) === 1;
  }

  set isBeating(is) {
    Atomics.store(this.#flags, BEATING, Number(is));
  }

  /** Whether a debugger may be attached, which stops the loop for as long as a person thinks. */
  get isDebugged() {
    return Atomics.load(this.#flags, DEBUGGED) === 1;
  }

  set isDebugged(is) {
    Atomics.store(this.#flags, DEBUGGED, Number(is));
  }

  /** Whether blocking is an error, which must not depend on when one looks. */
  get isStrict() {
    return Atomics.load(this.#flags, STRICT) === 1;
  }

  set isStrict(is) {
    Atomics.store(this.#flags, STRICT, Number(is));
  }

  /** How many calls are being answered. */
  get calls() {
    return Atomics.load(this.#flags, CALLS);
  }

  /** @param {number} by */
  addCalls(by) {
    Atomics.add(this.#flags, CALLS, by);
  }
}
