// Errors that cross the connection: what a handler throws to answer a call with an ERROR frame.

/**
 * @typedef {object} Failure
 * @property {string} [type]
 * @property {number | null} [status] the HTTP status that the client should see; null means 500
 * @property {Record<string, string> | null} [headers]
 * @property {Record<string, unknown> | null} [diagnostic]
 */

/** A call that ends in an ERROR frame; thrown by handlers here, and by `Connection.call` for the server's errors. */
export class CallFailed extends Error {
  /** @override */
  name = "CallFailed";

  /**
   * @param {string} message
   * @param {Failure} [failure]
   */
  constructor(message, { type = "CallFailed", status = null, headers = null, diagnostic = null } = {}) {
    super(message);
    this.type = type;
    this.status = status;
    this.headers = headers;
    this.diagnostic = diagnostic;
  }

  /** The meta of the ERROR frame. */
  toMeta() {
    const { type, message, status, headers, diagnostic } = this;
    return { type, message, status, headers, diagnostic };
  }

  /**
   * The error that an ERROR frame carried.
   * @param {import("./frames.mjs").Meta} meta
   */
  static fromMeta(meta) {
    return new CallFailed(String(meta.message ?? ""), { ...meta, type: String(meta.type ?? "Error") });
  }
}

/** A frame over the protocol's limit; it fails the one call or run that wanted to send it. */
export class FrameTooLarge extends Error {
  /** @override */
  name = "FrameTooLarge";
}

/** The server has gone; calls that were waiting for it end with this. */
export class ConnectionClosed extends Error {
  /** @override */
  name = "ConnectionClosed";

  constructor() {
    super("the server has closed the connection");
  }
}

/**
 * What a call is answered with whose handler threw.
 * @param {unknown} error
 * @returns {CallFailed}
 */
export function failureOf(error) {
  if (error instanceof CallFailed) return error;
  if (error instanceof Error) return new CallFailed(error.message, { type: error.name });
  return new CallFailed(String(error), { type: "Error" });
}
