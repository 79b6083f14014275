// A proxy of the kind that records calls, for tests of what goes by it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";

/**
 * A proxy that says what it is asked for, and leads everything to one port or refuses it.
 * @param {number | null} to
 */
export async function proxyTo(to) {
  /** @type {{ url: string | undefined, token: string | undefined }[]} */
  const asked = [];
  const server = createServer();
  server.on("connect", (request, socket) => {
    asked.push({ url: request.url, token: request.headers["proxy-authorization"] });
    if (to === null) return socket.end("HTTP/1.1 502 no recording of it\r\n\r\n");
    const there = connect(to, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    there.pipe(socket).pipe(there);
    there.on("error", () => socket.destroy());
    socket.on("error", () => there.destroy());
  });
  return { asked, server, url: new URL(`http://lgx:secret@127.0.0.1:${await listening(server)}`) };
}

/** @param {import("node:http").Server} server */
export async function listening(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}
