// The golden frames that both sides of the protocol share.
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";

/**
 * @typedef {object} Golden
 * @property {string} name
 * @property {number} kind
 * @property {number | bigint} id
 * @property {Record<string, unknown>} meta
 * @property {string[]} sections in base64
 * @property {string} hex
 * @property {number} [flags]
 */

/** @returns {Golden[]} */
export function goldenFrames() {
  const text = readFileSync(new URL("../../fixtures/frames.json", import.meta.url), "utf8");
  // A number of JavaScript does not hold the largest id.
  const frames = JSON.parse(text.replaceAll(/"id": ([0-9]{17,})/g, '"id": "$1"'));
  return frames.map((/** @type {Golden} */ frame) => ({ ...frame, id: typeof frame.id === "string" ? BigInt(frame.id) : frame.id }));
}

/** @param {Golden} golden */
export function sectionsOf(golden) {
  return golden.sections.map((section) => Buffer.from(section, "base64"));
}
