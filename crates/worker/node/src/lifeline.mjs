// Ties the worker to the server: when that ends, however it does, the whole group of the worker goes, also while its code never lets go
// of the event loop. So this lives in a thread of its own.

import { Socket } from "node:net";
import { isMainThread, Worker, workerData } from "node:worker_threads";

/**
 * Watches the reading end of a pipe that the server holds open.
 * @param {number} fd
 */
export function tieToServer(fd) {
  const thread = new Worker(new URL(import.meta.url), { workerData: { lifeline: fd }, stdout: true, stderr: true });
  thread.unref();
}

if (!isMainThread && typeof workerData?.lifeline === "number") {
  const pipe = new Socket({ fd: workerData.lifeline, readable: true, writable: false });
  for (const event of ["end", "close", "error"]) pipe.on(event, endGroup);
  pipe.resume();
}

function endGroup() {
  process.kill(-process.pid, "SIGKILL");
}
