// Asks the server for what a file of the project is as JavaScript, and where what it imports lies: a blocking exchange over a descriptor
// of its own. `crates/transpile/src/serve.rs` has the form of the messages.

import { readSync, writeSync } from "node:fs";

/** @typedef {import("./diagnostics.mjs").Diagnostic} Diagnostic */
/** @typedef {{format: "module" | "commonjs", code: string, imports: {specifier: string, file: string | null}[], common_js?: Record<string, string[]>}} LoadedModule */

const LOAD = 1;
const RESOLVE = 2;
const MODULE = 1;
const DIAGNOSTIC = 3;
/** Begins the message of an error that has a Diagnostic for its text: what else an error has does not pass from thread to thread. */
const LOCATED = "lgx:";

/** Where the server found something wrong. */
class Located extends Error {
  /** @override */
  name = "Located";

  /** @param {Diagnostic} diagnostic */
  constructor(diagnostic) {
    super(LOCATED + JSON.stringify(diagnostic));
  }
}

/**
 * The Diagnostic of what the server found wrong with a file, if it is that.
 * @param {unknown} error
 * @returns {Diagnostic | null}
 */
export function locatedIn(error) {
  const message = error instanceof Error ? error.message : "";
  return message.startsWith(LOCATED) ? JSON.parse(message.slice(LOCATED.length)) : null;
}

/** The other end of the descriptor. */
export class Transpiler {
  #fd;

  /** @param {number} fd */
  constructor(fd) {
    this.#fd = fd;
  }

  /**
   * The module that a file is.
   * @param {string} file
   * @returns {LoadedModule}
   */
  load(file) {
    const { status, body } = this.#ask(LOAD, Buffer.from(file));
    if (status !== MODULE) throw located(status, body);
    const end = 4 + body.readUInt32LE(0);
    return { ...JSON.parse(body.toString("utf8", 4, end)), code: body.toString("utf8", end) };
  }

  /**
   * Where something lies that a file asks for while it runs; null if it is for Node to find.
   * @param {string} from
   * @param {string} specifier
   * @param {boolean} require
   * @returns {string | null}
   */
  resolve(from, specifier, require) {
    const { status, body } = this.#ask(RESOLVE, Buffer.from(JSON.stringify({ from, specifier, require })));
    if (status === DIAGNOSTIC) throw located(status, body);
    return JSON.parse(body.toString()).file;
  }

  /**
   * @param {number} kind
   * @param {Buffer} rest
   */
  #ask(kind, rest) {
    const request = Buffer.allocUnsafe(5 + rest.length);
    request.writeUInt32LE(1 + rest.length, 0);
    request.writeUInt8(kind, 4);
    request.set(rest, 5);
    for (let at = 0; at < request.length; ) at += writeSync(this.#fd, request, at);
    const reply = this.#read(this.#read(4).readUInt32LE(0));
    return { status: reply.readUInt8(0), body: reply.subarray(1) };
  }

  /** @param {number} length */
  #read(length) {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; ) {
      const read = readSync(this.#fd, bytes, at, length - at, null);
      if (read === 0) throw new Error("the server has left while a file was loaded");
      at += read;
    }
    return bytes;
  }
}

/**
 * @param {number} status
 * @param {Buffer} body
 */
function located(status, body) {
  return status === DIAGNOSTIC ? new Located(JSON.parse(body.toString())) : new Error(`the server answered with ${status}`);
}
