// How a block of the event loop is told: where, how long, which runs it stalled, and once for each place what to do about it.

import { subjectOf } from "./blocked_place.mjs";
import { remedy } from "./blocking_remedies.mjs";

/** @typedef {import("./blocked_place.mjs").Place} Place */

/** Milliseconds after which it is reported without waiting for its end. */
export const STUCK = 2000;
/** Milliseconds after which an import is worth a warning. A shorter one is told at level debug: it happens once. */
export const LONG_IMPORT = 10_000;
const MOST_NAMED = 3;
/** So many characters of the end of a run's id are shown everywhere in the terminal. */
const NAME = 6;

/** What to do is said once for each place. */
export class Wording {
  /** @type {Set<string | null>} */
  #advised = new Set();

  /**
   * A block that is over, while these runs were executing.
   * @param {Place} place
   * @param {number} time
   * @param {string[]} executing
   */
  blocked(place, time, executing) {
    const others = othersThan(place, executing);
    return `${subjectOf(place)} blocked the event loop for ${seconds(time)}${this.#rest(place, others, "waited")}`;
  }

  /**
   * A block that goes on.
   * @param {Place} place
   * @param {number} time
   * @param {string[]} executing
   */
  stuck(place, time, executing) {
    const others = othersThan(place, executing);
    const rest = this.#rest(place, others, others.length === 1 ? "waits" : "wait");
    return `${subjectOf(place)} has blocked the event loop for ${seconds(time)} and goes on${rest}`;
  }

  /**
   * The end of a block that has been told.
   * @param {Place} place
   * @param {number} time
   */
  over(place, time) {
    return `${subjectOf(place)} let go of the event loop after ${seconds(time)}`;
  }

  /**
   * @param {Place} place
   * @param {string[]} others
   * @param {string} waited
   */
  #rest(place, others, waited) {
    const stalled = others.length > 0 ? `; ${named(others)} ${waited} meanwhile` : "";
    const about = place.importing ?? place.project ?? place.library;
    if (this.#advised.has(about)) return stalled;
    this.#advised.add(about);
    const consequence = `${stalled || "; no other run goes on meanwhile"}.`;
    if (place.importing !== null) return `${consequence} Import it at the top of a module: then it is loaded before the first run.`;
    return place.project === null ? consequence : `${consequence} ${remedy(place)}`;
  }
}

/**
 * How closely one has to look to be told of a block that is over: what nobody can change is for level debug.
 * @param {Place} place
 * @param {number} time
 */
export function levelOf(place, time) {
  if (place.importing !== null) return "debug";
  return place.project !== null || time >= STUCK ? "warning" : "debug";
}

/** @param {number} milliseconds */
export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/**
 * @param {Place} place
 * @param {string[]} executing
 */
function othersThan(place, executing) {
  return executing.filter((run) => run !== place.runId);
}

/** @param {string[]} runs */
function named(runs) {
  const names = runs.slice(0, MOST_NAMED).map((run) => run.slice(-NAME));
  const more = runs.length - MOST_NAMED;
  return `${runs.length === 1 ? "run" : "runs"} ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
