// An assistant as it is edited.
import { expect, test } from "vitest";
import { type AssistantDraft, changedFields, draftFaults, draftOf, patchOf, versionFacts } from "../src/model/assistant-draft.ts";

/** As the server answers: what is in the context is in `configurable` too. */
const saved = {
  name: "careful",
  description: null,
  graph_id: "ctx",
  context: { model: "m", temp: 0.1 },
  config: { recursion_limit: 7, tags: ["x"], configurable: { model: "m", temp: 0.1 } },
  metadata: { team: "a" },
};

function edited(change: Partial<AssistantDraft>): AssistantDraft {
  return { ...draftOf(saved), ...change };
}

test("what is not edited changes nothing, however its JSON is written", () => {
  expect(changedFields(draftOf(saved), saved)).toEqual([]);
  expect(patchOf(edited({ context: '{"temp":0.1,"model":"m"}', metadata: ' {"team": "a"}' }), saved)).toEqual({});
});

test.each<[Partial<AssistantDraft>, object]>([
  [{ name: " bold " }, { name: "bold" }],
  [{ description: "for letters" }, { description: "for letters" }],
  [{ metadata: '{"team": "b"}' }, { metadata: { team: "b" } }],
  [{ recursionLimit: "9" }, { config: { tags: ["x"], recursion_limit: 9, configurable: { model: "m", temp: 0.1 } } }],
  [{ recursionLimit: "", config: "", context: "" }, { config: { configurable: {} } }],
  [{ context: '{"temp": 1}' }, { config: { tags: ["x"], recursion_limit: 7, configurable: { temp: 1 } } }],
])("%j sends %j", (change, patch) => {
  expect(draftFaults(edited(change), saved)).toEqual({});
  expect(patchOf(edited(change), saved)).toEqual(patch);
});

test.each<[Partial<AssistantDraft>, keyof AssistantDraft, string]>([
  [{ name: " " }, "name", "needs a name"],
  [{ recursionLimit: "0" }, "recursionLimit", "above 0"],
  [{ recursionLimit: "many" }, "recursionLimit", "whole number"],
  [{ context: "{\n  a: 1}" }, "context", "Line 2, column 3"],
  [{ context: "[1]" }, "context", "has to be an object"],
  [{ config: '{"recursion_limit": 3}' }, "config", "field of its own"],
  [{ metadata: "{}" }, "metadata", "“team” would stay"],
])("%j is refused at %s", (change, field, words) => {
  expect(draftFaults(edited(change), saved)[field]).toContain(words);
});

test("a context set as `configurable` is the context", () => {
  expect(versionFacts({ ...saved, context: {} })).toEqual(versionFacts(saved));
  expect(versionFacts(saved)["config"]).toEqual({ recursion_limit: 7, tags: ["x"] });
});
