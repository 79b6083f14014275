// Which code executed a run: told by its generation, unless that was counted before the server was started.

import { expect, test } from "vitest";
import { generationWords, isOfOlderCode } from "../src/model/run-generation.ts";

test.each([
  { generation: 3, before_restart: false, now: 4, older: true, words: "3" },
  { generation: 4, before_restart: false, now: 4, older: false, words: "4" },
  { generation: 4, before_restart: true, now: 1, older: true, words: "4, before the restart" },
  { generation: 1, before_restart: true, now: 1, older: true, words: "1, before the restart" },
  { generation: 4, before_restart: false, now: null, older: false, words: "4" },
  { generation: null, before_restart: false, now: 4, older: false, words: null },
])("generation $generation, before a restart: $before_restart, now $now", ({ generation, before_restart, now, older, words }) => {
  const run = { generation, before_restart };
  expect(isOfOlderCode(run, now)).toBe(older);
  expect(generationWords(run)).toBe(words);
});
