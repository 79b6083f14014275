// The error of a run that blocked the event loop where that is forbidden.

import { subjectOf } from "./blocked_place.mjs";
import { seconds } from "./block_report.mjs";
import { remedy } from "./blocking_remedies.mjs";
import { lineOf } from "./diagnostics.mjs";
import { LoopClock } from "./loop_clock.mjs";

/** @typedef {import("./blocked_place.mjs").Place} Place */

/** As a client sees it: the line, for how long, and what to do instead. */
export class BlockingError extends Error {
  /** @override */
  name = "BlockingError";
  #place;
  #began;

  /**
   * @param {Place} place
   * @param {number} began
   */
  constructor(place, began) {
    super("");
    this.#place = place;
    this.#began = began;
  }

  /** The block is over; how long it took. */
  letGo() {
    const time = seconds(LoopClock.now() - this.#began);
    this.message ||= `${subjectOf(this.#place)} blocked the event loop for ${time}. ${remedy(this.#place)}`;
  }

  /**
   * As the developer sees it: the place is a line that was executed, not one that threw.
   * @returns {import("./diagnostics.mjs").Diagnostic}
   */
  diagnostic() {
    const { line } = this.#place;
    return {
      type: this.name,
      message: this.message,
      file: line?.file ?? null,
      line: line?.line ?? null,
      column: null,
      source: line && lineOf(line.file, line.line),
      function: line?.name ?? null,
      traceback: "",
      hint: "Without --forbid-blocking this is a warning.",
    };
  }
}
