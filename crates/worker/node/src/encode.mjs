// JSON as clients of the server get it: messages as dictionaries, and what JSON has no form for as something readable.

import { randomUUID } from "node:crypto";

import { jsonOf } from "./json_text.mjs";

/** @typedef {import("./disclosure.mjs").Disclosure} Disclosure */

/** Before digits that become a number without its quotes; no text of a project's begins with it. */
const MARK = `integer ${randomUUID()} `;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, "g");

/**
 * The JSON text of a value; `undefined` is null.
 * @param {unknown} value
 * @param {Disclosure} [disclosure] decides what is told of exceptions in it, where clients read it
 * @returns {Buffer}
 */
export function toJson(value, disclosure) {
  let isMarked = false;
  const json = jsonOf(value, function replaced(key, one) {
    if (typeof one !== "bigint") return shown(this[key], one, disclosure);
    const number = asNumber(one);
    isMarked ||= typeof number === "string" && number.startsWith(MARK);
    return number;
  });
  return isMarked ? Buffer.from(json.toString().replaceAll(MARKED, "$1")) : json;
}

/**
 * The same as a value, for what travels among others in the meta of a frame: langchain's own form of messages must not.
 * @param {unknown} value
 * @param {Disclosure} [disclosure]
 * @returns {any}
 */
export function plain(value, disclosure) {
  return JSON.parse(toJson(value, disclosure).toString());
}

/**
 * How a value is shown. `JSON.stringify` has called its `toJSON` by now, which is why the object that holds it is looked at:
 * langchain's says how a message is stored, not what it is.
 * @param {unknown} raw
 * @param {unknown} value
 * @param {Disclosure} [disclosure]
 */
function shown(raw, value, disclosure) {
  if (typeof raw !== "object" || raw === null) return value;
  if (isMessage(raw)) return messageDict(raw);
  if (raw instanceof Error) return { error: raw.name, message: disclosure ? disclosure.message(raw) : raw.message };
  if (raw instanceof Map) return Object.fromEntries(raw);
  if (raw instanceof Set) return [...raw];
  if (raw instanceof Uint8Array) return Buffer.from(raw).toString("base64");
  if (raw instanceof RegExp) return String(raw);
  return value;
}

/**
 * All digits of what a number of JavaScript holds exactly, as it would write an exponent or round them; what none holds is a text.
 * @param {bigint} value
 */
function asNumber(value) {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  return Number.isFinite(number) && BigInt(number) === value ? `${MARK}${value}` : String(value);
}

/**
 * Whether it is a message of langchain, of whatever copy of it.
 * @param {object} value
 * @returns {value is {toDict(): {type: string, data: Record<string, unknown>}}}
 */
export function isMessage(value) {
  return "toDict" in value && typeof value.toDict === "function" && "getType" in value && typeof value.getType === "function";
}

/** @param {{toDict(): {type: string, data: Record<string, unknown>}}} message */
function messageDict(message) {
  const { type, data } = message.toDict();
  return { ...data, type };
}
