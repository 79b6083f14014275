// One assistant with its versions, and what changes it.
import type { Assistant } from "@langchain/langgraph-sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { AssistantPatch } from "../model/assistant-draft.ts";
import { useClient } from "../studio.tsx";

const MOST_VERSIONS = 1000;

export function useAssistant(id: string) {
  const client = useClient();
  return useQuery({ queryKey: ["assistant", id], queryFn: () => client.assistants.get(id) });
}

export function useVersions(id: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["assistant", id, "versions"],
    queryFn: () => client.assistants.getVersions(id, { limit: MOST_VERSIONS }),
  });
}

/** The schemas of an assistant's graph; "" asks for nothing. */
export function useSchemas(id: string) {
  const client = useClient();
  return useQuery({ queryKey: ["schemas", id], queryFn: () => client.assistants.getSchemas(id), enabled: id !== "" });
}

function useChange<Asked, Answer>(change: (asked: Asked) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => Promise.all([["assistants"], ["assistant"]].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
}

export function useCreateAssistant() {
  const client = useClient();
  return useChange<{ graphId: string; name: string }, Assistant>((asked) => client.assistants.create(asked));
}

/** A copy under another name, with all that the first one has now. */
export function useCopyAssistant() {
  const client = useClient();
  return useChange(({ graph_id, config, metadata, name, description }: Assistant) => {
    const { created_by: _system, ...own } = metadata ?? {};
    return client.assistants.create({ graphId: graph_id, name: `${name} (copy)`, config, metadata: own, ...(description ? { description } : {}) });
  });
}

/** Every save is a new version. */
export function useSaveAssistant(id: string) {
  const client = useClient();
  return useChange((patch: AssistantPatch) => client.assistants.update(id, patch));
}

export function useRestoreVersion(id: string) {
  const client = useClient();
  return useChange((version: number) => client.assistants.setLatest(id, version));
}

export function useDeleteAssistant() {
  const client = useClient();
  return useChange((id: string) => client.assistants.delete(id));
}
