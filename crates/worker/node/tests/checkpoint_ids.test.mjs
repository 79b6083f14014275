// The newest checkpoint of a thread is the one that was written last, whatever the clock says.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { uuid6 } from "@langchain/langgraph-checkpoint";

import { CheckpointIds } from "../src/checkpoint_ids.mjs";

const MINUTE = 60_000;
const { now } = Date;
let time = 0;
/** @type {CheckpointIds} */
let ids;

beforeEach(() => {
  // Each test begins ahead of what the generator has seen before.
  time = Math.max(time, now()) + 60 * MINUTE;
  Date.now = () => time++;
  ids = new CheckpointIds();
});

afterEach(() => {
  Date.now = now;
});

/** An id as langgraph makes it, and writes a checkpoint under. */
function written() {
  ids.keepUp();
  const id = uuid6(0);
  ids.wrote(id);
  return id;
}

test("ids go on when the clock goes back between two steps", () => {
  const before = written();
  time -= 20 * MINUTE;
  const after = [written(), written()];
  assert.deepEqual([before, ...after].toSorted(), [before, ...after]);
});

test("ids go on behind a checkpoint that another process wrote before the clock went back", async () => {
  const other = uuid6(0);
  time -= 20 * MINUTE;
  await ids.read(other);
  const next = written();
  assert.ok(next > other, `${next} is newer than ${other}`);
});

test("ids go on behind a checkpoint of the same millisecond", async () => {
  const stopped = time;
  Date.now = () => stopped;
  uuid6(0);
  const other = uuid6(0);
  Date.now = () => time++;
  await ids.read(other);
  assert.ok(Date.now() > stopped);
});

test("a clock that stands still holds up nothing", { timeout: 5000 }, async () => {
  const stopped = time;
  Date.now = () => stopped;
  await ids.read(uuid6(0));
  assert.ok(Date.now() > stopped);
});

test("that the clock is put on far is said once", async () => {
  /** @type {string[]} */
  const told = [];
  ids = new CheckpointIds((text) => told.push(text));
  written();
  time -= MINUTE / 2;
  written();
  assert.deepEqual(told, []);
  for (let times = 0; times < 2; times += 1) {
    time -= 20 * MINUTE;
    written();
  }
  assert.match(told.join(), /^a checkpoint is 2[01] min ahead of the clock: `Date.now` is put on/);
});

test("the clock is left alone as long as it goes on, and by ids of other makes", async () => {
  const clock = Date.now;
  await ids.read(written());
  for (const id of ["", "a name", "019a3f0e-0000-7000-8000-000000000000"]) {
    ids.wrote(id);
    await ids.read(id);
    ids.keepUp();
  }
  assert.equal(Date.now, clock);
});
