// All suites in one process, so that the last test can tell what none of them called.

import assert from "node:assert/strict";
import { test } from "node:test";
import { uncalled } from "./clients.js";
import "./assistants.js";
import "./runs.js";
import "./streams.js";
import "./thread_streams.js";
import "./threads.js";

test("every method was called", () => {
  assert.deepEqual([...uncalled], []);
});
