// How long the page takes for what somebody does on it, measured in the page itself.

import assert from "node:assert/strict";
import { deadline, eventually } from "./browser.js";

/** Above this, one feels that a key was not taken at once. */
const FELT = 100;

/** Faster than anybody types; without it, the keys after one that was held up would be held up with it. */
const BETWEEN_KEYS = 40;

/** Hears keys before anybody else, and notes how long each took from the keyboard to the frame that shows what it did. */
function listen() {
  globalThis.keyTimes = [];
  const note = (event) => {
    requestAnimationFrame(() => {
      // A message comes after the frame is drawn, which the callback above comes before.
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener("message", () => globalThis.keyTimes.push(performance.now() - event.timeStamp));
      port1.start();
      port2.postMessage(null);
    });
  };
  globalThis.stopListening = () => removeEventListener("keydown", note, true);
  addEventListener("keydown", note, true);
}

/** Types into a field, key by key, and gives how long each took, in milliseconds. */
export async function keyTimes(page, field, text) {
  await field.focus();
  await page.evaluate(listen);
  await page.keyboard.type(text, { delay: BETWEEN_KEYS });
  await eventually(page, "a frame for each key", (count) => globalThis.keyTimes.length >= count, text.length);
  const times = await page.evaluate(() => {
    globalThis.stopListening();
    return globalThis.keyTimes;
  });
  assert.equal(await field.inputValue(), text);
  await field.fill("");
  return times;
}

/** So often it is measured at most. What the page itself holds up it holds up each time; what else the machine does at that moment, not. */
const TRIES = 3;

/** That nine of ten keys are not felt; a machine that does other things may hold up one of them. `measure` gives their times. */
export async function assertNotFelt(t, where, measure) {
  const tries = [];
  while (tries.length < TRIES) {
    const times = await measure();
    const told = `${where}: ${times.map((time) => time.toFixed(0)).join(" ")} ms`;
    t.diagnostic(told);
    if (times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.9)] < deadline(FELT)) return;
    tries.push(told);
  }
  assert.fail(tries.join("\n"));
}
