// The client of the Agent Server API: the SDK's own, at this origin, as who this tab asks.
import { Client } from "@langchain/langgraph-sdk/client";
import type { Identity } from "./identity.ts";

/** `apiPrefix` is `http.mount_prefix` or nothing. Errors come at once, nothing is tried again. */
export function makeClient(apiPrefix: string, identity: Identity): Client {
  return new Client({
    apiUrl: location.origin + apiPrefix,
    apiKey: null,
    callerOptions: { maxRetries: 0 },
    onRequest: (_url, init) => {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(identity.headers())) headers.set(name, value);
      return { ...init, headers };
    },
  });
}
