// JSON as somebody types it.
import { expect, test } from "vitest";
import { faultText, readJson } from "../src/model/json-text.ts";

test.each([
  ["null", null],
  [' {"a": [1, -2.5e3, true, "x\\n\\u00e9"], "b": {}, "c": []} \n', { a: [1, -2500, true, "x\né"], b: {}, c: [] }],
  ['""', ""],
])("%s is read", (text, value) => {
  expect(readJson(text)).toEqual({ ok: true, value });
});

test.each([
  ["", "Line 1, column 1: a value is expected, not the end of the text"],
  ['{\n  "a": 1,\n}', "Line 3, column 1: a comma stands before }"],
  ["[1,]", "Line 1, column 4: a comma stands before ]"],
  ['{"a": 1 "b": 2}', "Line 1, column 9: a comma or } is expected, not a double quote"],
  ["{a: 1}", "Line 1, column 2: a key in double quotes is expected, not “a”"],
  ['{"a" 1}', "Line 1, column 6: a colon is expected after the key, not “1”"],
  ["['a']", "Line 1, column 2: a text needs double quotes, not single ones"],
  ['{"a": True}', "Line 1, column 7: True is true in JSON"],
  ["hello", "Line 1, column 1: “hello” is no value: a text needs double quotes"],
  ['{"a": "x\n"}', "Line 1, column 7: the text begun here is not closed in its line"],
  ['"abc', "Line 1, column 1: the text begun here is not closed"],
  ['"\\x"', "Line 1, column 2: \\x is no escape that JSON knows"],
  ["[1", "Line 1, column 3: a comma or ] is expected, not the end of the text"],
  ["{} {}", "Line 1, column 4: “{” stands after the value"],
  ["01", "Line 1, column 1: this is no number as JSON writes it"],
  ["1.", "Line 1, column 1: this is no number as JSON writes it"],
])("what is wrong with %j is said with its place", (text, expected) => {
  const read = readJson(text);
  expect(read.ok ? "read" : faultText(read.fault)).toBe(expected);
});

test("whatever this finds no fault in, JSON.parse reads, and the other way round", () => {
  const pieces = ["{", "}", "[", "]", ",", ":", '"a"', '"', "1", "-", "0", ".5", "e3", "true", "nul", " ", "\n", "\\"];
  let seed = 7;
  for (let round = 0; round < 20000; round += 1) {
    let text = "";
    for (let at = 0; at < 1 + (round % 9); at += 1) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      text += pieces[seed % pieces.length] ?? "";
    }
    expect([text, readJson(text).ok]).toEqual([text, parses(text)]);
  }
});

test("nesting of any depth is read", () => {
  expect(readJson("[".repeat(5000) + "]".repeat(5000)).ok).toBe(true);
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
