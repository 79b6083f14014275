// What the saver promises langgraph beside what the validation suite asks of every saver.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as checkpoint from "@langchain/langgraph-checkpoint";
import { saverClass } from "../src/saver.mjs";
import { connected } from "./server.mjs";

test("versions are given to who has taken the function without its saver", async () => {
  await connected(async ({ connection }) => {
    const Saver = saverClass(checkpoint);
    const { getNextVersion } = new Saver(connection);
    const first = getNextVersion(undefined);
    assert.match(first, /^0{31}1\./);
    assert.match(getNextVersion(first), /^0{31}2\./);
  });
});
