// A loop without end does not fill the page: the first steps and the newest are kept.

import { expect, it } from "vitest";
import type { Step } from "../src/api/wire.ts";
import { bounded, withNewest } from "../src/model/newest-steps.ts";

const step = (id: string, ended = true): Step => ({
  task_id: id,
  node: "n",
  ns: "",
  step: 1,
  started_at: "2026-11-27T10:00:00Z",
  ended_at: ended ? "2026-11-27T10:00:01Z" : null,
  status: ended ? "success" : "running",
  error: null,
  attempt: 1,
});

it("keeps the first steps and the newest, and what goes on", () => {
  const first = Array.from({ length: 1_999 }, (_, at) => step(String(at), at !== 1_200));
  const all = Array.from({ length: 3_000 }, (_, at) => step(`later ${at}`)).reduce(withNewest, first);
  expect(all.length).toBe(2_000);
  expect(all.slice(0, 1_001).map((one) => one.task_id)).toEqual([...Array.from({ length: 1_000 }, (_, at) => String(at)), "1200"]);
  expect(all.at(-1)?.task_id).toBe("later 2999");
});

it("keeps the first and the newest of what was heard at different times", () => {
  const at = (second: number): Step => ({ ...step(String(second)), started_at: new Date(1_764_000_000_000 + 1_000 * second).toISOString() });
  const range = (from: number): Step[] => Array.from({ length: 1_000 }, (_, place) => at(from + place));
  const kept = bounded([...range(0), ...range(5_000), ...range(3_000)]).map((one) => one.task_id);
  expect([kept.length, kept[0], kept[999], kept[1_000], kept.at(-1)]).toEqual([2_000, "0", "999", "5000", "5999"]);
});
