// Keeps the ids of checkpoints increasing when the clock goes back.
//
// The newest checkpoint of a thread is the one with the greatest id, for langgraph as for all its savers, and an id begins with the
// time. langgraph's generator asks `Date.now` for it and follows that wherever it goes; nothing else can be told to it. So where a
// checkpoint lies ahead of the clock, `Date.now` is put on to behind it, and goes on from there until the process ends.

import { setTimeout as sleep } from "node:timers/promises";

/** What a generator of another process may be ahead by without the clock having gone back: it counts within milliseconds. */
const SOON = 50;
/** How long a clock is waited for: it may stand still, as one of a project's tests does. */
const PATIENCE = 200;
/** The clock goes back a little whenever it is set; from a minute on people see it in what they are shown. */
const FAR = 60_000;
/** Milliseconds from the beginning of the time in ids, in 1582, to that of the clock. */
const EPOCH = 12_219_292_800_000;
const TICKS_A_MILLISECOND = 10_000n;

/** What this process knows of the ids there are. */
export class CheckpointIds {
  #clock = Date.now;
  #tell;
  #hasTold = false;
  #ahead = 0;
  /** The greatest that was made here: the generator itself stays behind none of these while the clock goes on. */
  #own = "";

  /** @param {(text: string) => void} [tell] says something to the log */
  constructor(tell = () => {}) {
    this.#tell = tell;
  }

  /**
   * A checkpoint was written under this id.
   * @param {string} id
   */
  wrote(id) {
    if (id > this.#own && timeOf(id) !== null) this.#own = id;
  }

  /** Another one is about to be made. */
  keepUp() {
    const time = timeOf(this.#own);
    if (time !== null && Date.now() < time) this.#putOn(time);
  }

  /**
   * A checkpoint was read, and those that are written now have to be newer.
   * @param {string} id
   */
  async read(id) {
    const time = id > this.#own ? timeOf(id) : null;
    if (time === null) return;
    if (time - Date.now() > SOON) this.#putOn(time);
    const end = performance.now() + PATIENCE;
    while (Date.now() <= time && performance.now() < end) await sleep(1);
    if (Date.now() <= time) this.#putOn(time);
  }

  /** @param {number} time */
  #putOn(time) {
    this.#ahead = time + 1 - this.#clock.call(Date);
    Date.now = () => this.#clock.call(Date) + this.#ahead;
    if (this.#ahead <= FAR || this.#hasTold) return;
    this.#hasTold = true;
    const minutes = Math.round(this.#ahead / FAR);
    this.#tell(`a checkpoint is ${minutes} min ahead of the clock: \`Date.now\` is put on by that in this process, so that the next ones are newer`);
  }
}

/**
 * The time in an id, in milliseconds; none in an id of another make.
 * @param {string} id
 */
function timeOf(id) {
  const [high, middle, low] = id.split("-");
  if (!high || !middle || !low?.startsWith("6")) return null;
  return Number(BigInt(`0x${high}${middle}${low.slice(1)}`) / TICKS_A_MILLISECOND) - EPOCH;
}
