// Who asks is who the token names; threads belong to who makes them.

import { Auth, HTTPException } from "@langchain/langgraph-sdk/auth";

export const auth = new Auth()
  .authenticate(async (request: Request) => {
    const token = request.headers.get("authorization");
    if (!token) throw new HTTPException(401, { message: "who are you?" });
    return { identity: token.replace("Bearer ", ""), permissions: ["shop"] };
  })
  .on("threads:create", ({ value, user }) => {
    value.metadata = { ...value.metadata, owner: user.identity };
  })
  .on("threads", ({ user }) => ({ owner: user.identity }));
