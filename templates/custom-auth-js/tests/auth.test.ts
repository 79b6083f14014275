// Who gets in and who does not.

import assert from "node:assert/strict";
import { test } from "node:test";

import { getCurrentUser } from "../src/security/auth.ts";

/** The user that a request with this header is from. */
async function identity(authorization?: string): Promise<string> {
  const headers = authorization === undefined ? undefined : { authorization };
  const user = await getCurrentUser(new Request("http://localhost/threads", { headers }));
  return user.identity;
}

test("a valid token stands for its user", async () => {
  assert.equal(await identity("Bearer user1-token"), "user1");
  assert.equal(await identity("bearer user2-token"), "user2");
});

for (const [what, authorization] of [
  ["a request without a token", undefined],
  ["another scheme", "Basic user1-token"],
  ["a token without a scheme", "user1-token"],
  ["an unknown token", "Bearer nobody"],
] as const) {
  test(`${what} is refused with 401`, async () => {
    await assert.rejects(identity(authorization), { status: 401 });
  });
}
