// JSON as clients get it: whole numbers of any size, and exceptions as far as they may be told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Disclosure } from "../src/disclosure.mjs";
import { plain, toJson } from "../src/encode.mjs";

test("whole numbers are exact, whatever their size", () => {
  for (const value of [7n, -(2n ** 53n), 2n ** 60n, 2n ** 70n, -(10n ** 21n)]) assert.equal(toJson([value]).toString(), `[${value}]`);
  // What no number of JavaScript holds would be rounded by its clients.
  for (const value of [-(2n ** 53n) - 1n, 2n ** 1024n]) assert.equal(toJson([value, 2n ** 70n]).toString(), `["${value}",${2n ** 70n}]`);
});

test("exceptions within a value are told as far as clients may read them", () => {
  const value = { last: new Error("the password is x"), of: [new TypeError("no number")] };
  assert.deepEqual(plain(value, new Disclosure(true)), {
    last: { error: "Error", message: "An internal error occurred" },
    of: [{ error: "TypeError", message: "no number" }],
  });
  for (const disclosure of [undefined, new Disclosure(false)]) assert.equal(plain(value, disclosure).last.message, "the password is x");
});

test("an event of a tool that has failed has no stack", () => {
  for (const message of ["kaboom", "two\n\nparts", ""]) {
    const { stack } = new Error(message);
    const event = { event: "on_tool_error", data: { input: 1, error: `${message}\n\n${stack}` } };
    assert.deepEqual(new Disclosure(false).event(event).data, { input: 1, error: message });
    assert.deepEqual(new Disclosure(true).event(event).data, { input: 1, error: "An internal error occurred" });
  }
  assert.equal(new Disclosure(false).event({ data: { error: "said\n\nby hand" } }).data.error, "said\n\nby hand");
});
