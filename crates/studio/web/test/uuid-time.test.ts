// Ids that tell when they were made.

import { expect, test } from "vitest";
import { timedId, timeOfId } from "../src/model/uuid-time.ts";

const NOW = Date.parse("2026-11-27T18:00:00.123Z");

test("an id that is made tells its time, and is a UUID of version 7", () => {
  const id = timedId(NOW);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(timeOfId(id, NOW)).toBe("2026-11-27T18:00:00.123Z");
});

test("the ids that LangChain gives to answers of models do, too", () => {
  expect(timeOfId("lc_run--01a21e21-7ab2-75b4-b756-f380530811f0-0", NOW)).toBe("2026-11-27T17:50:40.306Z");
});

test.each(["55b97c53-f647-4758-8eca-c101e9651c43", "a1", "00000000-0001-7000-8000-000000000000", "ffffffff-ffff-7000-8000-000000000000"])("%s tells no time", (id) => {
  expect(timeOfId(id, NOW)).toBeNull();
});
