// What a waiting thread asks, in one line.
import { expect, test } from "vitest";
import { waitingLine } from "../src/model/waiting-line.ts";

test.each<[Parameters<typeof waitingLine>[0], string]>([
  [{ interrupts: { t: [{ id: "1", value: "Go on?\nReally" }] } }, "Go on?"],
  [{ interrupts: { t: [{ id: "1", value: { question: "Which?" } }], u: [{ id: "2", value: 3 }] } }, "Which? (and 1 more)"],
  [{ interrupts: { t: [{ id: "1", value: "a" }], inner: [{ id: "1", value: "a" }] } }, "a"],
  [{ interrupts: {} }, "Stopped before its next step"],
  [{}, "Stopped before its next step"],
])("%j", (thread, line) => {
  expect(waitingLine(thread)).toBe(line);
});
