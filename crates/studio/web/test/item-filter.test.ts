// Conditions on fields of items.
import { expect, test } from "vitest";
import { readFilter } from "../src/model/item-filter.ts";

test.each([
  ["", {}],
  ["status=open", { status: { $eq: "open" } }],
  ["n >= 2  n<5", { n: { $gte: 2, $lt: 5 } }],
  ['name="Ada L." done!=true', { name: { $eq: "Ada L." }, done: { $ne: true } }],
  ["x=null", { x: { $eq: null } }],
])("%j is %j", (text, filter) => {
  expect(readFilter(text)).toEqual({ ok: true, filter });
});

test.each(["open", "=1", "a=1 b", "a="])("%j is no condition", (text) => {
  const read = readFilter(text);
  expect(read.ok ? "read" : read.fault).toContain("is no condition");
});
