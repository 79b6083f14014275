// Only requests with a known bearer token may use the server, and each user sees what is theirs.

import { Auth, HTTPException, isStudioUser } from "@langchain/langgraph-sdk/auth";

// This is our toy user database. Do not do this in production
const VALID_TOKENS = new Map([
  ["user1-token", { id: "user1", name: "Alice" }],
  ["user2-token", { id: "user2", name: "Bob" }],
]);

/** What the server keeps can be marked with whose it is. */
interface Marked {
  metadata?: Record<string, unknown> | null;
}

/** Says who is asking. Runs for every request, before anything else does. */
export async function getCurrentUser(request: Request) {
  const [scheme, token] = request.headers.get("authorization")?.split(" ") ?? [];
  const user = scheme?.toLowerCase() === "bearer" ? VALID_TOKENS.get(token ?? "") : undefined;
  if (!user) throw new HTTPException(401, { message: "Invalid token" });
  return { identity: user.id, display_name: user.name, permissions: [] };
}

// The "Auth" object is a container that LangGraph will use to mark our handlers. For each thing that is asked for, the most
// specific of the handlers below runs, and no other. Each lets all in that Studio asks for on your own machine: that is you.
export const auth = new Auth()
  .authenticate(getCurrentUser)

  // Whatever has no handler of its own is private to who made it: conversations, runs, changes, searches, crons.
  .on("*", ({ user, value }) => {
    if (isStudioUser(user)) return true;
    // What a user makes is marked as theirs, and they find only what is marked so.
    const owner = { owner: user.identity };
    const marked = value as Marked;
    marked.metadata = { ...marked.metadata, ...owner };
    return owner;
  })

  // Users read their own conversations. Nothing is to be marked: the thread is there.
  .on("threads:read", ({ user }) => isStudioUser(user) || { owner: user.identity })

  // Assistants are for you alone. Users can run the chatbot, and neither see nor change how it is set up.
  .on("assistants", ({ user }) => {
    if (isStudioUser(user)) return true;
    throw new HTTPException(403, { message: "User lacks the required permissions." });
  })

  // Users have the part of the store that begins with their own name: ["user1", "memories"].
  .on("store", ({ user, value }) => {
    if (isStudioUser(user)) return true;
    // A list of namespaces may be asked for without saying of which.
    if (!value.namespace?.length) value.namespace = [user.identity];
    if (value.namespace[0] !== user.identity) throw new HTTPException(403, { message: "Not authorized" });
    return true;
  });
