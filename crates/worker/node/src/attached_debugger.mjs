// A debugger that attaches from outside, such as an editor: Node's inspector listens for it in this process.

import { close, open, url, waitForDebugger } from "node:inspector";

/** @typedef {import("./connection.mjs").Answer} Answer */

const LOOPBACK = "127.0.0.1";
/** Whether the inspector was opened here, and not by an option of the project's. */
let isOpen = false;

/**
 * Handles `debug.listen`: the inspector listens on a free port, unless it does already.
 * @returns {Promise<Answer>}
 */
export async function listen() {
  if (url() === undefined) {
    open(0, LOOPBACK);
    isOpen = true;
  }
  return { meta: { port: Number(new URL(url() ?? "").port) }, sections: [] };
}

/**
 * Handles `debug.wait`: answered once a debugger is attached and has set its breakpoints. Nothing else happens here until then.
 * @returns {Promise<Answer>}
 */
export async function wait() {
  waitForDebugger();
  return { meta: {}, sections: [] };
}

/** A process does not end before its debugger has left, and that does not leave before the process ends. */
export function letGo() {
  if (isOpen) close();
}
