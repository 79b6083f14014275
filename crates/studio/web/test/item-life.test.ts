// How long an item lives: what an edit of it begins with, and what a write says.

import { expect, test } from "vitest";
import { DEFAULT_LIFE, lifeFault, lifeOf, ttlOf } from "../src/model/item-life.ts";

test.each([
  ["an item that lives for ever stays so", { ttl_minutes: null, expires_at: null }, { ttl: null }],
  ["an item with a time to live keeps it", { ttl_minutes: 2.5, expires_at: "2026-01-01T00:00:00Z" }, { ttl: 2.5 }],
  ["of an item of which it is not known langgraph.json decides", undefined, {}],
])("%s", (_, lifetime, written) => {
  expect(ttlOf(lifeOf(lifetime))).toEqual(written);
});

test("a number of minutes is needed only where minutes are chosen", () => {
  expect(lifeFault({ ...DEFAULT_LIFE, minutes: "" })).toBeNull();
  expect(lifeFault({ kind: "minutes", minutes: "" })).toBe("Say for how many minutes it lives.");
  expect(lifeFault({ kind: "minutes", minutes: "0.5" })).toBeNull();
});
