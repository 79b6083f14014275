// What an update of a state writes goes to the server as a whole, where one message can hold it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { HeldWrites } from "../src/held_writes.mjs";

/** @param {HeldWrites} held */
function hold(held) {
  held.hold("put_writes", { params: { run_id: null, writes: ["a"] }, sections: [Buffer.from("1")] });
  held.hold("put", { params: { run_id: null, new: [] }, sections: [Buffer.from("2"), Buffer.from("3")] });
}

test("what is held goes as one message, once", () => {
  const held = new HeldWrites();
  assert.deepEqual([...held.take()], []);
  hold(held);
  const sections = ["1", "2", "3"].map((text) => Buffer.from(text));
  assert.deepEqual([...held.take()], [{ params: { writes: [{ put_writes: { writes: ["a"] } }, { put: { new: [] } }] }, sections }]);
  assert.deepEqual([...held.take()], []);
});

test("what one message cannot hold goes as several, and none is empty", () => {
  for (const mostSections of [1, 2]) {
    const held = new HeldWrites({ mostSections });
    hold(held);
    assert.deepEqual(
      [...held.take()].map(({ sections }) => sections.length),
      [1, 2],
    );
  }
});
