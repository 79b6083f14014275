// A cron as it is edited.
import { expect, test } from "vitest";
import { creationOf, type CronDraft, cronDraft, type CronFacts, cronFaults, cronPatchOf, inZone, newCron } from "../src/model/cron-draft.ts";

const cron: CronFacts = {
  assistant_id: "a",
  thread_id: null,
  schedule: "@daily",
  timezone: "Europe/Berlin",
  end_time: "2030-01-01",
  on_run_completed: "delete",
  payload: { input: { a: 1 }, config: { tags: ["kept"] } },
};

test("what is not edited changes nothing", () => {
  expect(cronPatchOf(cronDraft(cron), cron)).toEqual({});
  expect(cronFaults(cronDraft(cron))).toEqual({});
});

test.each<[Partial<CronDraft>, object]>([
  [{ schedule: " @hourly " }, { schedule: "@hourly" }],
  [{ timezone: "" }, { timezone: "UTC" }],
  [{ endTime: "" }, { endTime: null }],
  [{ onRunCompleted: "keep" }, { onRunCompleted: "keep" }],
  [{ input: '{"a": 2}' }, { input: { a: 2 } }],
  [{ input: '[{"a": 2}]' }, { input: [{ a: 2 }] }],
])("%j sends %j", (change, patch) => {
  expect(cronPatchOf({ ...cronDraft(cron), ...change }, cron)).toEqual(patch);
});

test("a new one on a thread says nothing of what happens to its runs' threads", () => {
  const draft = { ...newCron("a"), timezone: "Asia/Tokyo", input: '{"x": 1}' };
  expect(creationOf(draft)).toEqual({ assistantId: "a", threadId: null, schedule: "0 9 * * *", timezone: "Asia/Tokyo", input: { x: 1 }, onRunCompleted: "keep" });
  const thread = "01a21e39-1097-71b0-93f7-43ac7a9c07a6";
  expect(creationOf({ ...draft, threadId: thread, input: "", timezone: "" })).toEqual({ assistantId: "a", threadId: thread, schedule: "0 9 * * *" });
});

test.each<[Partial<CronDraft>, keyof CronDraft, string]>([
  [{ assistantId: "" }, "assistantId", "Choose"],
  [{ schedule: " " }, "schedule", "when it fires"],
  [{ threadId: "abc" }, "threadId", "UUID"],
  [{ input: "{\n  x" }, "input", "Line 2, column 3"],
  [{ input: "3" }, "input", "an object, or a list"],
  [{ input: "[1]" }, "input", "an object, or a list"],
])("%j is refused at %s", (change, field, words) => {
  expect(cronFaults({ ...newCron("a"), ...change })[field]).toContain(words);
});

test("times are those of the cron's zone", () => {
  expect(inZone("2026-11-30T14:00:00Z", "America/New_York")).toContain("09:00:00");
  expect(inZone("2026-11-30T14:00:00Z", null)).toContain("14:00:00");
  expect(inZone("2026-11-30T14:00:00Z", "Mars/Base")).toMatch(/14:00:00 UTC$/);
});
