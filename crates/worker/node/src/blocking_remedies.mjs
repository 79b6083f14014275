// What to do about a call that blocks the event loop: its form that does not wait where one is known, else a thread.

/** @typedef {import("./blocked_place.mjs").Place} Place */

const ELSEWHERE = "Do it in a worker of `node:worker_threads`, or let others go on in between: `await setImmediate()` of `node:timers/promises`.";
const SYNC = "Sync";

/**
 * One sentence for the line of the project that does it, or that awaits what does it.
 * @param {Place} place
 */
export function remedy({ callee, library }) {
  if (library !== null) return "What it awaits does not yield: do that in a worker of `node:worker_threads`.";
  if (callee === null) return ELSEWHERE;
  const { name, file } = callee;
  if (name === "wait" && file === null) return "Use `await setTimeout(…)` of `node:timers/promises`.";
  if (!name.endsWith(SYNC)) return ELSEWHERE;
  const other = name.slice(name.lastIndexOf(".") + 1, -SYNC.length);
  switch (file) {
    case "node:fs":
      return `Use \`await ${other}(…)\` of \`node:fs/promises\`.`;
    case "node:child_process":
      return `Use \`${other}\` of \`node:child_process\`, which does not wait.`;
    default:
      return file?.startsWith("node:") ? `Use \`await promisify(${other})(…)\`.` : `Use \`${other}\` instead of \`${name}\`.`;
  }
}
