// The steps of a run: what is known of a graph goes with the task that it is in.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Disclosure } from "../src/disclosure.mjs";
import { RunSteps } from "../src/run_steps.mjs";

test("a graph is forgotten with the task that it is in, and one within it too", () => {
  /** @type {string[]} */
  const begun = [];
  const news = /** @type {any} */ ({ add() {}, soon() {} });
  const steps = new RunSteps(news, new Disclosure(false), (namespace) => begun.push(namespace));
  const starts = (/** @type {string[]} */ path, /** @type {string} */ id) => steps.heard(path, { id, name: "child", triggers: [] });
  const all = () => {
    starts([], "1");
    starts(["child:1"], "2");
    starts(["child:1", "child:2"], "3");
  };
  all();
  assert.deepEqual(begun.splice(0), ["", "child:1", "child:1|child:2"]);
  steps.heard([], { id: "other", name: "child" });
  all();
  assert.deepEqual(begun.splice(0), []);
  steps.heard([], { id: "1", name: "child" });
  all();
  assert.deepEqual(begun, ["child:1", "child:1|child:2"]);
});
