// The two ends of one direction of a call's stream: the credit of who sends, and the queue of who receives.
//
// Each direction of each stream has credit of its own, in bytes. Who sends stops when it has used it up and goes on when the
// receiver, having worked something off, grants more; so neither side ever keeps from reading the connection because of one call.
import { BadFrame } from "./frames.mjs";

/** @import { Frame } from "./frames.mjs" */

/** The credit that each direction of a stream begins with, in bytes. */
export const WINDOW = 1024 * 1024;
/** What has to be worked off before more is granted. */
const GRANTED_AT_ONCE = WINDOW / 2;

/** How much the other side takes. */
export class Credit {
  #left = WINDOW;
  #unlimited = false;
  /** @type {(() => void)[]} */
  #waiting = [];

  /** Whether data may be sent without waiting. */
  get any() {
    return this.#unlimited || this.#left > 0;
  }

  /**
   * The other side takes so many bytes more.
   * @param {number} size
   */
  grant(size) {
    this.#left += size;
    if (this.#left > 0) this.#wake();
  }

  /** From now on nobody has to wait: the call was cancelled, or is over. */
  lift() {
    this.#unlimited = true;
    this.#wake();
  }

  /**
   * So many bytes are sent. They may be more than there is credit for, if there was some.
   * @param {number} size
   */
  spend(size) {
    this.#left -= size;
  }

  /** Waits until there is credit, which need not be enough. */
  async some() {
    while (!this.any) {
      await new Promise((resolve) => {
        this.#waiting.push(() => resolve(undefined));
      });
    }
  }

  #wake() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/**
 * The data that the other side sends into a call, to its end. Iterating is what grants it more.
 * @implements {AsyncIterable<Frame>}
 */
export class Received {
  #grant;
  /** @type {Frame[]} */
  #arrived = [];
  #allowance = WINDOW;
  #workedOff = 0;
  #ended = false;
  /** @type {Error | undefined} */
  #failure;
  /** @type {() => void} */
  #wake = () => {};

  /** @param {(size: number) => void} grant */
  constructor(grant) {
    this.#grant = grant;
  }

  /**
   * Takes data that has arrived; `BadFrame` when it was not granted.
   * @param {Frame} frame
   */
  feed(frame) {
    if (this.#allowance <= 0) throw new BadFrame("data came that was not granted");
    this.#allowance -= frame.size;
    this.#arrived.push(frame);
    this.#wake();
  }

  /**
   * No more will come; whoever has taken what is there meets the end, or what went wrong.
   * @param {Error} [failure]
   */
  end(failure) {
    this.#ended = true;
    this.#failure = failure;
    this.#wake();
  }

  /**
   * Each piece; the last may be empty.
   * @returns {AsyncGenerator<Frame, void, void>}
   */
  async *[Symbol.asyncIterator]() {
    for (;;) {
      const frame = this.#arrived.shift();
      if (frame) {
        this.#take(frame);
        yield frame;
        if (frame.last) return;
      } else if (this.#ended) {
        if (this.#failure) throw this.#failure;
        return;
      } else {
        await new Promise((resolve) => {
          this.#wake = () => resolve(undefined);
        });
      }
    }
  }

  /** @param {Frame} frame */
  #take(frame) {
    this.#workedOff += frame.size;
    if (this.#workedOff < GRANTED_AT_ONCE || frame.last || this.#ended) return;
    this.#grant(this.#workedOff);
    this.#allowance += this.#workedOff;
    this.#workedOff = 0;
  }
}
