// The suite that langgraph has for savers, against the server's own store: `LGX_TEST_SOCKET` is where that answers.

import { createConnection } from "node:net";

import * as checkpoint from "@langchain/langgraph-checkpoint";
import { validate } from "@langchain/langgraph-checkpoint-validation";

import { Connection } from "../../src/connection.mjs";
import { CallFailed } from "../../src/errors.mjs";
import { saverClass } from "../../src/saver.mjs";

const RemoteSaver = saverClass(checkpoint);

/** A worker that only has a connection. */
async function connected() {
  const socket = createConnection(String(process.env["LGX_TEST_SOCKET"]));
  await new Promise((resolve) => socket.once("connect", () => resolve(null)));
  const connection = new Connection(socket, {
    handle: () => Promise.reject(new CallFailed("nothing is asked of it")),
    onShutdown: () => connection.close(),
    onLost: () => {},
  });
  const runtime = { name: "node", version: process.versions.node };
  connection.hello({ protocol: 2, pid: process.pid, runtime, executable: process.execPath, missing: [] });
  return connection;
}

/** @type {Connection} */
let connection;

validate({
  checkpointerName: "lgx",
  beforeAll: async () => {
    connection = await connected();
  },
  createCheckpointer: () => new RemoteSaver(connection),
});
