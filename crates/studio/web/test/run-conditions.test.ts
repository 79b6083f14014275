// What runs are searched by.
import { expect, test } from "vitest";
import { conditionsOf } from "../src/model/run-conditions.ts";

const now = new Date("2026-11-27T10:00:30Z");

test.each([
  ["", {}],
  ["status=running&graph=multi&thread=t", { status: "running", graph_id: "multi", thread_id: "t" }],
  ["cron=c", { cron_id: "c" }],
  ["status=nonsense&since=never", {}],
  ["since=1h", { created_after: "2026-11-27T09:00:00.000Z" }],
])("?%s", (text, expected) => {
  expect(conditionsOf(new URLSearchParams(text), now)).toEqual(expected);
});
