// JSON of texts that hold half a character.

import assert from "node:assert/strict";
import { test } from "node:test";

import { jsonOf } from "../src/json_text.mjs";

/** @type {[string, unknown, string][]} */
const CASES = [
  ["a whole character", "é😀", '"é😀"'],
  ["its first half", "a\ud83d", '"a?"'],
  ["its second half", "\ude00b", '"?b"'],
  ["halves in the wrong order", ["\ude00\ud83d"], '["??"]'],
  ["half a character in a key", { "\ud83d": 1 }, '{"?":1}'],
  ["what only looks like one", "\\ud83d", '"\\\\ud83d"'],
  ["one behind a backslash", "\\\ud83d", '"\\\\?"'],
  ["what is not there", undefined, "null"],
];

for (const [name, value, json] of CASES) {
  test(name, () => assert.equal(jsonOf(value).toString(), json));
}
