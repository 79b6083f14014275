// Ties the worker to the server: when that ends, however it does, the whole group of the worker goes, also while its code never lets go
// of the event loop. So this is for a thread of its own.

import { Socket } from "node:net";

/**
 * Watches the reading end of a pipe that the server holds open.
 * @param {number} fd
 */
export function endWithServer(fd) {
  const pipe = new Socket({ fd, readable: true, writable: false });
  for (const event of ["end", "close", "error"]) pipe.on(event, endGroup);
  pipe.resume();
}

function endGroup() {
  process.kill(-process.pid, "SIGKILL");
}
