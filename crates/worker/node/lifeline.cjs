// Ties the worker to the server: when that ends, however it does, the whole group of the worker goes. The event loop watches from the first
// line on, since what is imported may never come; a thread of its own watches too, since code may never let go of the event loop.

"use strict";

const { Socket } = require("node:net");

/**
 * Watches the reading end of a pipe that the server holds open.
 * @param {number} fd
 */
exports.endWithServer = function endWithServer(fd) {
  const pipe = new Socket({ fd, readable: true, writable: false });
  for (const event of ["end", "close", "error"]) pipe.on(event, endGroup);
  pipe.resume();
  pipe.unref();
};

function endGroup() {
  process.kill(-process.pid, "SIGKILL");
}
