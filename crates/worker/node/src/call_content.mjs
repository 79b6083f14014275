// What is recorded of a call of a model or tool: bounded, and without what is nobody's business.

import { toJson } from "./encode.mjs";

/** What of a call is kept, in bytes: together 256 KiB. */
export const MOST_INPUT = 128 * 1024;
export const MOST_OUTPUT = 96 * 1024;
export const MOST_TOOLS = 24 * 1024;
export const MOST_PARAMETERS = 8 * 1024;
/** To how many characters texts are shortened, until all of it fits. */
const LENGTHS = [32_768, 8_192, 2_048, 512, 128];

/** What models are asked with beside messages and tools. All else may be a key, a header or an address. */
const PARAMETERS = new Set([
  "temperature",
  "top_p",
  "topP",
  "top_k",
  "topK",
  "max_tokens",
  "maxTokens",
  "max_completion_tokens",
  "max_output_tokens",
  "maxOutputTokens",
  "num_predict",
  "n",
  "seed",
  "stop",
  "stop_sequences",
  "frequency_penalty",
  "presence_penalty",
  "tool_choice",
  "parallel_tool_calls",
  "response_format",
  "reasoning",
  "reasoning_effort",
  "thinking",
  "verbosity",
  "service_tier",
  "logprobs",
  "top_logprobs",
  "stream",
]);

/** @typedef {{value: unknown, size: number, isCut: boolean}} Content */

/**
 * A value as JSON shows it, shortened until it fits.
 * @param {unknown} value
 * @param {number} most
 * @param {import("./disclosure.mjs").Disclosure} disclosure
 * @returns {Content}
 */
export function fitted(value, most, disclosure) {
  const json = toJson(value, disclosure);
  const whole = JSON.parse(json.toString());
  if (json.length <= most) return { value: whole, size: json.length, isCut: false };
  for (const length of LENGTHS) {
    const shorter = walk(whole, length);
    const size = Buffer.byteLength(JSON.stringify(shorter));
    if (size <= most) return { value: shorter, size, isCut: true };
  }
  const text = shortened(json.toString(), Math.floor(most / 4));
  return { value: text, size: Buffer.byteLength(JSON.stringify(text)), isCut: true };
}

/**
 * A text without its middle, and a mark in the place of that.
 * @param {string} text
 * @param {number} most
 */
export function shortened(text, most) {
  if (text.length <= most) return text;
  const left = Math.floor((most * 2) / 3);
  const right = most - left;
  return `${text.slice(0, left)} … ${text.length - most} characters … ${text.slice(-right)}`;
}

/**
 * @param {unknown} value
 * @param {number} length
 * @returns {unknown}
 */
function walk(value, length) {
  if (typeof value === "string") return shortened(value, length);
  if (Array.isArray(value)) return value.map((item) => walk(item, length));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, length)]));
}

/**
 * What a model was asked with, of what is known to be no secret.
 * @param {Record<string, unknown>} given
 */
export function parametersOf(given) {
  return Object.fromEntries(Object.entries(given).filter(([name, value]) => PARAMETERS.has(name) && value !== undefined && value !== null));
}

/**
 * The tokens that a model took, if it says so.
 * @param {any} output what langchain says of the end of a call
 * @param {any} message
 */
export function usageOf(output, message) {
  const usage = message?.usage_metadata ?? output?.llmOutput?.tokenUsage ?? output?.llmOutput?.usage ?? {};
  const given = numberOf(usage, "input_tokens", "promptTokens", "prompt_tokens");
  const made = numberOf(usage, "output_tokens", "completionTokens", "completion_tokens");
  if (given === null && made === null) return null;
  const total = numberOf(usage, "total_tokens", "totalTokens") ?? (given ?? 0) + (made ?? 0);
  return { input_tokens: given ?? 0, output_tokens: made ?? 0, total_tokens: total };
}

/**
 * @param {Record<string, unknown>} usage
 * @param {string[]} names
 */
function numberOf(usage, ...names) {
  const found = names.map((name) => usage[name]).find((value) => Number.isInteger(value) && Number(value) >= 0);
  return found === undefined ? null : Number(found);
}
