// What the tools make of what they are given.

import assert from "node:assert/strict";
import { test } from "node:test";

import { evaluate } from "../src/agent/arithmetic.ts";
import { calculator, utcNow } from "../src/agent/tools.ts";

for (const [expression, value] of [
  ["12 * 7", 84],
  ["-(2 + 3) * 4", -20],
  ["7 / 2", 3.5],
  ["2 ** 3 ** 2", 512],
  ["2 ** -1", 0.5],
  ["1 - 2 - 3", -4],
  [" 17 % 5 ", 2],
] as const) {
  test(`${expression} has a value`, () => {
    assert.equal(evaluate(expression), value);
  });
}

for (const expression of ["process.exit()", "a + 1", "1 +", "(1", "1 2", "", "9 ** 9 ** 9", "1".repeat(201)]) {
  test(`${expression.slice(0, 20)} is refused`, () => {
    assert.throws(() => evaluate(expression), /arithmetic|allowed|finite|characters/);
  });
}

test("a model is told what is wrong", async () => {
  assert.equal(await calculator.invoke({ expression: "1 / 0" }), "error: the result is not a finite number");
});

test("the time is in UTC", async () => {
  assert.match(await utcNow.invoke({}), /^\d{4}-\d\d-\d\dT.*Z$/);
});
