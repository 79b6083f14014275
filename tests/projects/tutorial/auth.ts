// What the first part of the tutorial has its reader put into `src/security/auth.py`, in TypeScript.

import { Auth, HTTPException } from "@langchain/langgraph-sdk/auth";

// This is our toy user database. Do not do this in production
const VALID_TOKENS: Record<string, { id: string; name: string }> = {
  "user1-token": { id: "user1", name: "Alice" },
  "user2-token": { id: "user2", name: "Bob" },
};

export const auth = new Auth().authenticate((request: Request) => {
  const [scheme, token] = request.headers.get("authorization")?.split(" ") ?? [];
  if (scheme?.toLowerCase() !== "bearer" || !token || !VALID_TOKENS[token]) {
    throw new HTTPException(401, { message: "Invalid token" });
  }
  return { identity: VALID_TOKENS[token].id, permissions: [] };
});
