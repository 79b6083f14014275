// What is told of what cannot be recorded.

import { expect, test } from "vitest";
import { unrecorded } from "../src/model/recording.ts";

const nothing = { steps: null, calls: null };

test("where all is recorded there is nothing to say", () => {
  expect(unrecorded({ traces: true, unrecorded: nothing })).toEqual(nothing);
});

test("what was switched off and what a package lacks are told apart", () => {
  expect(unrecorded({ traces: false, unrecorded: nothing }).calls).toContain("--no-trace");
  const lack = { steps: "langgraph 2.0.0 has no PregelLoop._emit", calls: "langchain-core 2.0.0 has no CallbackManager.on_tool_start" };
  expect(unrecorded({ traces: true, unrecorded: lack })).toEqual({
    steps: "Steps are not recorded: langgraph 2.0.0 has no PregelLoop._emit",
    calls: "Calls are not recorded: langchain-core 2.0.0 has no CallbackManager.on_tool_start",
  });
});
