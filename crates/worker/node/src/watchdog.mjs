// Says which line of user code blocks the event loop, and for how long.
//
// It is a warning, and the run goes on; unless `--allow-blocking` wants to hear nothing of it, or `--forbid-blocking` makes it an error. A
// warning is about one turn of the loop, which may have had the steps of many tasks. An error is about one task alone, and it is the run
// that it belongs to that fails.
//
// The server takes calls that wait from a worker which is blocked and sends them to another one. The call that blocks it would block that
// one next, so the server is told which it is: such a call stays.

import { url as inspectorUrl } from "node:inspector";

import { LONG_IMPORT, STUCK, Wording, levelOf } from "./block_report.mjs";
import { placeBelow } from "./blocked_place.mjs";
import { BlockingError } from "./blocking_error.mjs";
import { LoopClock } from "./loop_clock.mjs";

/** @typedef {import("./blocked_place.mjs").Place} Place */
/** @typedef {import("./logs.mjs").LogSink} LogSink */
/** @typedef {import("./side_thread.mjs").SideThread} SideThread */
/** @typedef {import("./worker.mjs").Worker} Worker */

/** In milliseconds, all of them. After this a step of the event loop counts as blocking. */
const THRESHOLD = 200;
/** After this the call that such a step is for is the one that blocks. Long before the server takes calls back. */
const HOLDS_UP = 1000;
const BEAT = 50;
/** Where blocking is an error. */
const STRICT_BEAT = 20;
/** Without a call for so long the loop stops to tell when it turns. */
const LINGER = 2000;

/** Has the loop tell when it turns while there are calls to answer, and looks at it when it does not. */
export class Watchdog {
  #worker;
  #sink;
  #thread;
  #clock;
  #wording = new Wording();
  /** @type {NodeJS.Timeout | null} */
  #timer = null;
  #lastCall = 0;
  /** @type {Block | null} What has been seen of the turn that is not over. */
  #block = null;
  /** @type {() => unknown} What langgraph says of the running code, once that can be told. */
  config = () => null;

  /**
   * @param {Worker} worker
   * @param {LogSink} sink
   * @param {SideThread} thread
   */
  constructor(worker, sink, thread) {
    this.#worker = worker;
    this.#sink = sink;
    this.#thread = thread;
    this.#clock = thread.clock;
    const look = (/** @type {number} */ asked) => this.#look(look, asked);
    thread.watch(look);
  }

  /** A call is being answered. */
  callStarted() {
    this.#clock.addCalls(1);
    if (!this.#timer) this.#wake();
  }

  /** It has been. */
  callEnded() {
    this.#clock.addCalls(-1);
  }

  #wake() {
    this.#clock.isStrict = this.#worker.blocking === "forbid";
    this.#clock.isDebugged = inspectorUrl() !== undefined; // the first step may be one that stands at a breakpoint
    this.#clock.beat();
    this.#lastCall = this.#clock.lastBeat;
    this.#timer = setInterval(() => this.#beat(), this.#clock.isStrict ? STRICT_BEAT : BEAT).unref();
    this.#thread.wake();
  }

  /** The loop turns. */
  #beat() {
    const clock = this.#clock;
    const since = clock.lastBeat;
    clock.beat();
    clock.isDebugged = inspectorUrl() !== undefined;
    if (this.#block) this.#over(this.#block, clock.lastBeat - since);
    this.#block = null;
    if (clock.calls > 0) this.#lastCall = clock.lastBeat;
    else if (clock.lastBeat - this.#lastCall > LINGER) this.#sleep();
  }

  #sleep() {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#clock.isBeating = false;
  }

  /**
   * Called in the midst of what blocks the loop. True says that there is no more to be seen of it.
   * @param {(...parameters: any[]) => unknown} self
   * @param {number} asked
   */
  #look(self, asked) {
    const place = placeBelow(self, this.#worker, this.config());
    if (!place) return false;
    const since = this.#clock.lastBeat;
    const time = LoopClock.now() - since;
    this.#block ??= new Block([...this.#worker.executing.keys()]);
    const block = this.#block;
    const inStep = block.found(place, asked);
    if (inStep >= HOLDS_UP && place.call && !block.isHeldUp) {
      block.isHeldUp = true;
      place.call.begun();
    }
    const isStrict = this.#worker.blocking === "forbid";
    if (isStrict && inStep >= THRESHOLD && !block.hasFailed) block.hasFailed = this.#fail(place, since);
    const likely = block.likeliest();
    if (!block.told && time >= (likely.importing === null ? STUCK : LONG_IMPORT)) {
      block.told = likely;
      this.#tell("warning", this.#wording.stuck(likely, time, block.executing), likely);
    }
    return block.told !== null && block.isHeldUp && (!isStrict || block.hasFailed);
  }

  /**
   * @param {Block} block
   * @param {number} time
   */
  #over(block, time) {
    if (block.told) this.#tell("info", this.#wording.over(block.told, time), block.told);
    else if (time >= THRESHOLD && !block.hasFailed) {
      const place = block.likeliest();
      this.#tell(levelOf(place, time), this.#wording.blocked(place, time, block.executing), place);
    }
  }

  /**
   * Ends the run with an error as soon as it lets go of the event loop. False when nobody can be blamed: an import happens once, and what no
   * line of the project does or awaits nobody can change.
   * @param {Place} place
   * @param {number} since
   */
  #fail(place, since) {
    const call = this.#worker.executing.get(place.runId ?? "");
    if (!call || place.project === null || place.importing !== null) return false;
    const error = new BlockingError(place, since);
    call.failure = error;
    // Comes before anything that the run does after the step that it is in. If that is its last, the end of the run sees the error.
    queueMicrotask(() => {
      error.letGo();
      call.stop(error);
    });
    return true;
  }

  /**
   * @param {string} level
   * @param {string} text
   * @param {Place} place
   */
  #tell(level, text, { runId }) {
    this.#sink.add("logging", text, { level: this.#worker.blocking === "allow" ? "debug" : level, logger: "lgx", runId });
  }
}

/** What has been seen of one turn of the loop. */
class Block {
  /** @type {Map<string, {place: Place, count: number}>} */
  #seen = new Map();
  #step = "";
  #stepSince = 0;
  /** @type {Place | null} The place that has been told while the block goes on. */
  told = null;
  /** Whether the server knows which call it is. */
  isHeldUp = false;
  /** Whether its run has been made to fail for it. */
  hasFailed = false;

  /** @param {string[]} executing the runs that were executed when it began */
  constructor(executing) {
    this.executing = executing;
  }

  /**
   * Notes where the loop was found; for how long it has been at that step. Code in JavaScript is looked at as soon as that is asked for: until
   * it was looked at it had been in one native call.
   * @param {Place} place
   * @param {number} asked
   */
  found(place, asked) {
    const key = JSON.stringify([place.project, place.library, place.importing, place.step]);
    const seen = this.#seen.get(key) ?? { place, count: 0 };
    seen.count += 1;
    this.#seen.set(key, seen);
    if (place.step !== this.#step) [this.#step, this.#stepSince] = [place.step, asked];
    return LoopClock.now() - this.#stepSince;
  }

  /** The place where the loop was found most often. */
  likeliest() {
    return [...this.#seen.values()].reduce((most, one) => (one.count > most.count ? one : most)).place;
  }
}
