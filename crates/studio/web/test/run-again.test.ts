// The request that made a run.
import { expect, test } from "vitest";
import type { JsonObject, RunRecord } from "../src/api/wire.ts";
import { againRequest, requestBody } from "../src/model/run-again.ts";

function run(kwargs: JsonObject): RunRecord {
  return { run_id: "r", thread_id: "t", assistant_id: "a", kwargs } as unknown as RunRecord;
}

/** As the server keeps it. */
const kept = run({
  input: { n: 1 },
  command: null,
  config: { recursion_limit: 7, configurable: { k: 1, run_id: "r", thread_id: "t", __x: 1, langgraph_auth_user: null, user_id: "" }, metadata: { created_by: "system" } },
  context: {},
  interrupt_before: ["slow"],
  interrupt_after: null,
  durability: "async",
  stream_mode: ["values"],
});

test("what the server has added is not asked for again", () => {
  expect(requestBody(kept)).toEqual({
    assistant_id: "a",
    input: { n: 1 },
    config: { recursion_limit: 7, configurable: { k: 1 } },
    interrupt_before: ["slow"],
    durability: "async",
  });
});

test("of context and configurable one is sent", () => {
  const body = requestBody(run({ input: {}, config: { configurable: { model: "m" } }, context: { model: "m" } }));
  expect(body).toEqual({ assistant_id: "a", input: {}, context: { model: "m" } });
});

test("a run that resumed resumes again, at the same checkpoint", () => {
  const again = againRequest(run({ input: null, command: { resume: "yes" }, config: {} }), "c1");
  expect(again).toMatchObject({ command: { resume: "yes" }, checkpointId: "c1", metadata: { again_of: "r" } });
  expect(again).not.toHaveProperty("input");
});
