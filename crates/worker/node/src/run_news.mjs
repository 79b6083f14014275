// What a run tells of itself beside its events, on its way to the server: its steps, and the calls that it makes.
//
// News that come within a short time share a frame. They have the credit of the run's stream, and wait without it.

/** @typedef {import("./calls.mjs").Call} Call */
/** @typedef {() => object | null} Part gives the news that there are since the last time, or null */

/** Between two frames, in milliseconds. */
const PAUSE = 100;

/** The news of one run. */
export class RunNews {
  #call;
  /** @type {Map<string, Part>} */
  #parts = new Map();
  #isDue = false;
  #isOver = false;
  #lastSent = -PAUSE;

  /** @param {Call} call */
  constructor(call) {
    this.#call = call;
    call.onCredit = () => this.soon();
  }

  /**
   * From now on the news of this part are sent under this name.
   * @param {string} name
   * @param {Part} part
   */
  add(name, part) {
    this.#parts.set(name, part);
  }

  /** There are news: at once if none were sent lately. */
  soon() {
    if (this.#isDue || this.#isOver) return;
    this.#isDue = true;
    const pause = this.#lastSent + PAUSE - performance.now();
    if (pause > 0) setTimeout(() => this.#send(), pause);
    else process.nextTick(() => this.#send());
  }

  /** Sends what has not been sent. */
  async finish() {
    this.#isOver = true;
    this.#call.onCredit = null;
    const news = this.#news();
    if (news) await this.#call.send(news);
  }

  #send() {
    if (this.#isOver) return;
    this.#isDue = false;
    // Without credit they wait for some, or for the end of the run.
    const news = this.#call.hasCredit ? this.#news() : null;
    if (!news) return;
    this.#lastSent = performance.now();
    this.#call.sendNow(news);
  }

  #news() {
    const told = [...this.#parts].map(([name, part]) => /** @type {const} */ ([name, part()]));
    const news = told.filter(([, part]) => part !== null);
    return news.length > 0 ? Object.fromEntries(news) : null;
  }
}
