// Frames: the 16-byte header, the JSON meta and the binary sections that both sides of the connection exchange.
import { Buffer } from "node:buffer";
import { FrameTooLarge } from "./errors.mjs";
import { jsonOf } from "./json_text.mjs";

export const MAX_LENGTH = 256 * 1024 * 1024;
export const MAX_SECTIONS = 0xffff;
const HEADER = 16;
/** The flag of the last data in a direction. */
const LAST = 1;

/** What a frame is. */
export const Kind = Object.freeze({
  HELLO: 1,
  CALL: 2,
  REPLY: 3,
  ERROR: 4,
  DATA: 5,
  NOTE: 6,
  CANCEL: 7,
  LOG: 8,
  PING: 9,
  PONG: 10,
  SHUTDOWN: 11,
  BEGUN: 12,
  CREDIT: 13,
  WARM: 14,
});

/** @typedef {number | bigint} CallId of a call; a bigint only where no number is as large */
/** @typedef {Record<string, any>} Meta */

/**
 * One decoded frame; the sections are views into the bytes it was read from.
 * @typedef {object} Frame
 * @property {number} kind
 * @property {CallId} id
 * @property {Meta} meta
 * @property {Buffer[]} sections
 * @property {number} size the bytes it took, which is what it costs of the credit of a stream
 * @property {boolean} last no data follows it in its direction
 */

/** Bytes that are no frame; the connection cannot go on after them. */
export class BadFrame extends Error {
  /** @override */
  name = "BadFrame";
}

/**
 * The bytes of a frame; `FrameTooLarge` when it is over the limit.
 * @param {number} kind
 * @param {CallId} id
 * @param {Meta} meta
 * @param {readonly Uint8Array[]} [sections]
 * @param {{ last?: boolean }} [options] `last` of the data that ends its direction
 * @returns {Buffer}
 */
export function encode(kind, id, meta, sections = [], { last = false } = {}) {
  return encodeRaw(kind, id, jsonOf(meta), sections, { last });
}

/**
 * As `encode`, for a meta that is JSON already.
 * @param {number} kind
 * @param {CallId} id
 * @param {Uint8Array} meta
 * @param {readonly Uint8Array[]} [sections]
 * @param {{ last?: boolean }} [options]
 * @returns {Buffer}
 */
export function encodeRaw(kind, id, meta, sections = [], { last = false } = {}) {
  const count = sections.length;
  const head = 4 + 4 * count;
  const length = sections.reduce((size, section) => size + section.length, head + meta.length);
  refuseTooLarge(count, length);
  const frame = Buffer.allocUnsafe(HEADER + length);
  frame.writeUInt32LE(length, 0);
  frame.writeUInt8(kind, 4);
  frame.writeUInt8(last ? LAST : 0, 5);
  frame.writeUInt16LE(count, 6);
  frame.writeBigUInt64LE(BigInt(id), 8);
  frame.writeUInt32LE(meta.length, HEADER);
  frame.set(meta, HEADER + head);
  let at = HEADER + head + meta.length;
  for (const [index, section] of sections.entries()) {
    frame.writeUInt32LE(section.length, HEADER + 4 + 4 * index);
    frame.set(section, at);
    at += section.length;
  }
  return frame;
}

/**
 * @param {number} count
 * @param {number} length
 */
function refuseTooLarge(count, length) {
  if (count > MAX_SECTIONS) {
    throw new FrameTooLarge(
      `${grouped(count)} binary values do not fit into one message between the graph and the server ` +
        `(the limit is ${grouped(MAX_SECTIONS)}). Write fewer at a time.`,
    );
  }
  if (length > MAX_LENGTH) {
    throw new FrameTooLarge(
      `${(length / 1048576).toFixed(1)} MiB do not fit into one message between the graph and the server ` +
        `(the limit is ${MAX_LENGTH / 1048576} MiB). Keep large data outside the state and pass a reference to it.`,
    );
  }
}

/** @param {number} count */
function grouped(count) {
  return count.toLocaleString("en-US");
}

/**
 * The size of the whole frame that begins at `start`, or undefined when its length has not arrived yet.
 * @param {Buffer} data
 * @param {number} [start]
 * @returns {number | undefined}
 */
export function frameLength(data, start = 0) {
  if (data.length - start < HEADER) return undefined;
  const length = data.readUInt32LE(start);
  if (length > MAX_LENGTH) throw new BadFrame(`a frame of ${length} bytes is over the limit of ${MAX_LENGTH}`);
  return HEADER + length;
}

/**
 * The frame that `data` is, from its first byte to its last.
 * @param {Buffer} data
 * @returns {Frame}
 */
export function decode(data) {
  if (data.length < HEADER + 4) throw new BadFrame(`${data.length} bytes are too few for a frame`);
  const length = data.readUInt32LE(0);
  if (HEADER + length !== data.length) {
    throw new BadFrame(`the header says ${HEADER + length} bytes, there are ${data.length}`);
  }
  const kind = data.readUInt8(4);
  const flags = data.readUInt8(5);
  const last = kind === Kind.DATA && flags === LAST;
  if (flags !== 0 && !last) throw new BadFrame(`unknown flags ${flags}`);
  const count = data.readUInt16LE(6);
  let at = HEADER + 4 + 4 * count;
  if (at > data.length) throw new BadFrame("the section lengths run past the end of the frame");
  const parts = [];
  for (let index = 0; index <= count; index += 1) {
    const size = data.readUInt32LE(HEADER + 4 * index);
    parts.push(data.subarray(at, at + size));
    at += size;
  }
  if (at !== data.length) throw new BadFrame("the lengths of meta and sections do not add up to the frame");
  const [meta = data, ...sections] = parts;
  return { kind, id: idOf(data), meta: decodeMeta(meta), sections, size: data.length, last };
}

/**
 * @param {Buffer} data
 * @returns {CallId}
 */
function idOf(data) {
  const id = data.readBigUInt64LE(8);
  return id <= Number.MAX_SAFE_INTEGER ? Number(id) : id;
}

/**
 * The object that meta is.
 * @param {Buffer} data
 * @returns {Meta}
 */
function decodeMeta(data) {
  let meta;
  try {
    meta = JSON.parse(data.toString("utf8"));
  } catch (error) {
    throw new BadFrame("meta is not JSON", { cause: error });
  }
  if (typeof meta !== "object" || meta === null || Array.isArray(meta)) {
    throw new BadFrame("meta is not a JSON object");
  }
  return meta;
}
