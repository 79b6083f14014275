// Filters that `on` handlers return: which of the owner's things a caller may see, checked before they decide anything.

/** @typedef {Record<string, unknown>} Filter */

/** A handler returned something that cannot be a filter. */
export class InvalidFilter extends Error {}

const COMPARING = new Set(["$eq", "$contains"]);
const COMBINING = new Set(["$or", "$and"]);

/**
 * What a handler's result means: null lets the caller see everything.
 * @param {unknown} result
 * @returns {Filter | null}
 */
export function filterOf(result) {
  if (result === undefined || result === null || result === true) return null;
  if (typeof result !== "object" || Array.isArray(result)) {
    throw new InvalidFilter(`a ${Array.isArray(result) ? "list" : typeof result}, not undefined, true, false or a filter`);
  }
  const filter = /** @type {Filter} */ (result);
  checkFilter(filter);
  return Object.keys(filter).length > 0 ? filter : null;
}

/** @param {Filter} filter */
function checkFilter(filter) {
  for (const [key, condition] of Object.entries(filter)) {
    if (COMBINING.has(key)) checkCombination(key, condition);
    else if (key.startsWith("$")) throw new InvalidFilter(`an invalid filter: unknown operator \`${key}\`; filters combine with $or and $and`);
    else checkComparison(key, condition);
  }
}

/**
 * @param {string} operator
 * @param {unknown} branches
 */
function checkCombination(operator, branches) {
  if (!Array.isArray(branches) || branches.length < 2) {
    throw new InvalidFilter(`an invalid filter: \`${operator}\` takes a list of at least two filters`);
  }
  for (const branch of branches) {
    if (typeof branch !== "object" || branch === null || Array.isArray(branch)) {
      throw new InvalidFilter(`an invalid filter: \`${operator}\` takes filters, not ${typeof branch}`);
    }
    checkFilter(branch);
  }
}

/**
 * Fails closed: what is not understood would let everybody see everything.
 * @param {string} key
 * @param {unknown} condition
 */
function checkComparison(key, condition) {
  if (["string", "number", "boolean"].includes(typeof condition) || condition === null) return;
  if (typeof condition !== "object" || Array.isArray(condition)) {
    throw new InvalidFilter(`an invalid filter: \`${key}\` is neither a value nor an operator`);
  }
  const [operator, ...more] = Object.keys(condition);
  if (operator === undefined || more.length > 0) throw new InvalidFilter(`an invalid filter: \`${key}\` needs exactly one of $eq and $contains`);
  if (!COMPARING.has(operator)) throw new InvalidFilter(`an invalid filter: unknown operator \`${operator}\` for \`${key}\`; there are $eq and $contains`);
  const wanted = /** @type {Record<string, unknown>} */ (condition)[operator];
  const isNested = [wanted].flat().some((one) => typeof one === "object" && one !== null);
  if (operator === "$contains" && isNested) throw new InvalidFilter(`an invalid filter: $contains of \`${key}\` takes one value, or a list of values`);
}
