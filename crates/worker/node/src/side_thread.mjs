// The thread beside the event loop, for what has to happen while that stands still: it ends the worker with its server, and has the
// event loop's thread look at what it is doing when the loop does not turn.
//
// What looks runs on the event loop's own thread, between two steps of the code that blocks it: the inspector evaluates what it is asked for
// there, without a debugger. So it sees that code's stack and whose run it is, and nothing waits for this thread.

import { Session } from "node:inspector";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

import { endWithServer } from "../lifeline.cjs";
import { LoopClock } from "./loop_clock.mjs";

/** By this name the inspector finds what is to be called. */
const LOOK = "lgx.look";
/** In milliseconds: so long the loop has not turned when it is looked at, and so often. */
const PATIENCE = 200;
const OFTEN = 100;
/** The same where blocking is an error. */
const STRICT_PATIENCE = 40;
const STRICT_OFTEN = 20;

/** The thread, as the event loop's has it. */
export class SideThread {
  clock = new LoopClock();
  #thread;

  /** @param {number | null} lifeline the reading end of a pipe that the server holds open */
  constructor(lifeline) {
    const data = { lifeline, memory: this.clock.memory };
    this.#thread = new Worker(new URL(import.meta.url), { workerData: { sideThread: data }, stdout: true, stderr: true });
    this.#thread.unref();
  }

  /**
   * From now on the loop is watched; this is called on it when it stands still, with the time at which that was asked for. True says that
   * nothing more is to be seen until it turns.
   * @param {(asked: number) => boolean} look
   */
  watch(look) {
    Object.defineProperty(globalThis, Symbol.for(LOOK), { value: look, configurable: true });
  }

  /** The loop begins to tell when it turns. */
  wake() {
    this.clock.isBeating = true;
    // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#thread.postMessage(null);
  }
}

/** Looks at the loop while it tells when it turns. */
class Lookout {
  #clock;
  /** @type {NodeJS.Timeout | null} */
  #timer = null;
  #isAsking = false;
  /** @type {number | null} The turn of which nothing more is to be seen. */
  #seen = null;

  /** @param {LoopClock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  wake() {
    this.#timer ??= setInterval(() => this.#check(), this.#clock.isStrict ? STRICT_OFTEN : OFTEN);
  }

  #check() {
    const clock = this.#clock;
    const since = clock.lastBeat;
    const isStill = clock.isBeating && clock.calls > 0 && !clock.isDebugged;
    if (isStill && LoopClock.now() - since >= (clock.isStrict ? STRICT_PATIENCE : PATIENCE)) {
      if (this.#seen !== since) this.#look(since);
      return;
    }
    if (clock.isBeating || !this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** @param {number} since */
  #look(since) {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const session = new Session();
    session.connectToMainThread();
    // Answered as soon as code in JavaScript runs, or the loop turns.
    const expression = `globalThis[Symbol.for("${LOOK}")](${LoopClock.now()})`;
    session.post("Runtime.evaluate", { expression, returnByValue: true, silent: true }, (_error, answer) => {
      this.#isAsking = false;
      // At once: a process waits for it before it ends.
      session.disconnect();
      if (answer?.result.value === true) this.#seen = since;
    });
  }

}

if (!isMainThread && workerData?.sideThread) {
  const { lifeline, memory } = workerData.sideThread;
  if (lifeline !== null) endWithServer(lifeline);
  const lookout = new Lookout(new LoopClock(memory));
  parentPort?.on("message", () => lookout.wake());
}
