// What is kept with a checkpoint of the config that it was made under.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkpointMetadata } from "../src/checkpoint_metadata.mjs";

/** @type {import("@langchain/langgraph-checkpoint").CheckpointMetadata} */
const LOOP = { source: "loop", step: 1, parents: {} };

test("a checkpoint says of which run and graph it is, and what its run says", () => {
  const config = {
    metadata: { run_id: "r", graph_id: "g", step: 9, langgraph_node: "a", ratio: 0.5, is_on: false, thread_id: "t", __pregel_read: "x" },
    configurable: { model: "small" },
  };
  assert.deepEqual(checkpointMetadata(config, LOOP), { ...LOOP, run_id: "r", graph_id: "g", ratio: 0.5, is_on: false });
});

test("what is no text, number or boolean is not kept, and nothing is needed", () => {
  const metadata = { user: { token: "secret" }, list: [1], nothing: null, many: 1n, nan: Number.NaN, call: () => {} };
  assert.deepEqual(checkpointMetadata({ metadata }, LOOP), LOOP);
  assert.deepEqual(checkpointMetadata({}, LOOP), LOOP);
});
