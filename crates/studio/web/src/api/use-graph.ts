// How a graph is drawn: asked with all its subgraphs, of which the page shows those that are open.
import { useQuery } from "@tanstack/react-query";
import type { Drawing } from "../model/graph.ts";
import { useClient } from "../studio.tsx";

/** Null asks for nothing. */
export function useGraph(assistantId: string | null) {
  const client = useClient();
  return useQuery({
    queryKey: ["graph", assistantId, true],
    queryFn: async (): Promise<Drawing> => {
      // The SDK's type of a node's data is narrower than what the API answers.
      const drawn: unknown = await client.assistants.getGraph(assistantId ?? "", { xray: true });
      return drawn as Drawing;
    },
    enabled: assistantId !== null,
  });
}
