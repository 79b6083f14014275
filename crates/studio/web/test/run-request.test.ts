// The body that a run is asked for with.

import { expect, test } from "vitest";
import { changedSettings, DEFAULT_SETTINGS, NO_BREAKPOINTS, runBody, type RunWish } from "../src/model/run-request.ts";

const WISH: RunWish = {
  assistantId: "a",
  start: { kind: "input", input: { n: 1 } },
  settings: DEFAULT_SETTINGS,
  breakpoints: NO_BREAKPOINTS,
  step: false,
  checkpoint: null,
};

test("without choices a run is asked for with its input and what the page listens to", () => {
  expect(runBody(WISH)).toEqual({
    assistant_id: "a",
    input: { n: 1 },
    multitask_strategy: "enqueue",
    stream_mode: ["values", "updates", "messages-tuple", "tasks", "checkpoints", "custom"],
    stream_subgraphs: true,
    stream_resumable: true,
  });
});

test("whoever resumes sends no input, whoever continues sends null", () => {
  expect(runBody({ ...WISH, start: { kind: "resume", value: false } })).toMatchObject({ command: { resume: false } });
  expect(runBody({ ...WISH, start: { kind: "resume", value: false } })).not.toHaveProperty("input");
  expect(runBody({ ...WISH, start: { kind: "continue" } })).toHaveProperty("input", null);
});

test("a step stops behind the next node, whatever breakpoints there are", () => {
  const body = runBody({ ...WISH, step: true, breakpoints: { before: ["a"], after: ["b"] } });
  expect(body.interrupt_after).toBe("*");
  expect(body).not.toHaveProperty("interrupt_before");
});

test("settings are sent where the API has them", () => {
  const settings = {
    ...DEFAULT_SETTINGS,
    context: { model: "m" },
    recursionLimit: 7,
    durability: "exit" as const,
    tags: ["t"],
    metadata: { k: 1 },
    moreModes: ["debug" as const],
  };
  const body = runBody({ ...WISH, settings, breakpoints: { before: ["x"], after: [] } });
  expect(body).toMatchObject({
    config: { recursion_limit: 7, tags: ["t"] },
    context: { model: "m" },
    metadata: { k: 1 },
    durability: "exit",
    interrupt_before: ["x"],
  });
  expect(body).not.toHaveProperty("interrupt_after");
  expect(changedSettings(settings)).toEqual(["context", "limit 7", "durability exit", "1 tag", "metadata", "debug"]);
  expect(changedSettings(DEFAULT_SETTINGS)).toEqual([]);
});
