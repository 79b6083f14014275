// JSON that any parser reads: JavaScript's texts may hold half a character, such as where one was cut short within an emoji.

/** Two backslashes are one in a text, and what follows them is no escape. */
const ESCAPES = /\\\\|\\ud[89a-f][\da-f]{2}/g;

/**
 * The JSON of a value, with a question mark for each half of a character, as Python's worker writes it; `undefined` is null.
 * @param {unknown} value
 * @param {(this: any, key: string, value: unknown) => unknown} [replacer]
 * @returns {Buffer}
 */
export function jsonOf(value, replacer) {
  const json = JSON.stringify(value, replacer) ?? "null";
  return Buffer.from(json.includes("\\ud") ? json.replaceAll(ESCAPES, (found) => (found.length > 2 ? "?" : found)) : json);
}
