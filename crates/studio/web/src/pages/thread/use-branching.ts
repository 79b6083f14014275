// Forks of a thread: editing a message, answering again, running again from a step, and going from branch to branch.

import { useQueries, useQueryClient } from "@tanstack/react-query";
import type { Client } from "@langchain/langgraph-sdk/client";
import { useCallback, useMemo } from "react";
import { cut } from "../../api/wire-checkpoint.ts";
import type { JsonObject } from "../../api/wire.ts";
import { branchPlace, pathTo, tipOf, type BranchPlace, type CheckpointTree } from "../../model/checkpoint-tree.ts";
import { isObject, listAt, objectAt, textAt } from "../../model/json.ts";
import type { ShownMessage } from "../../model/messages.ts";
import { timedId } from "../../model/uuid-time.ts";
import { useClient } from "../../studio.tsx";

export interface CheckpointRef {
  checkpoint_id: string;
  checkpoint_ns: string;
}

function refOf(answer: unknown): CheckpointRef {
  const checkpoint = objectAt(answer, "checkpoint");
  const configured = objectAt(answer, "configurable");
  const id = textAt(checkpoint, "checkpoint_id") ?? textAt(configured, "checkpoint_id");
  if (id === null) throw new Error("The server named no checkpoint for the fork");
  return { checkpoint_id: id, checkpoint_ns: textAt(checkpoint, "checkpoint_ns") ?? "" };
}

/** A checkpoint beside the one given, as a copy of it: a run from there makes a branch whose parent is that checkpoint's. */
export async function copyCheckpoint(client: Client, threadId: string, from: CheckpointRef): Promise<CheckpointRef> {
  return refOf(await client.threads.updateState(threadId, { values: null, asNode: "__copy__", checkpoint: cut(from.checkpoint_id, from.checkpoint_ns) }));
}

/** A checkpoint with other values, which comes of the one given. */
export async function forkCheckpoint(client: Client, threadId: string, from: CheckpointRef, values: JsonObject, asNode: string | null): Promise<CheckpointRef> {
  return refOf(
    await client.threads.updateState(threadId, { values, checkpoint: cut(from.checkpoint_id, from.checkpoint_ns), ...(asNode ? { asNode } : {}) }),
  );
}

async function messageIdsAt(client: Client, threadId: string, checkpointId: string, key: string): Promise<string[]> {
  const state: unknown = await client.threads.getState(threadId, cut(checkpointId, ""));
  return listAt(objectAt(state, "values"), key).map((message) => textAt(message, "id") ?? "");
}

export interface Branching {
  /** The checkpoint at which a message was not there yet: an answer is given again from there. */
  before: (messageId: string) => Promise<CheckpointRef | null>;
  /** Where a run with another message in its place begins. */
  beforeInput: (messageId: string) => Promise<CheckpointRef | null>;
  /** Which of several branches a message begins. */
  placeOf: (message: ShownMessage) => (BranchPlace & { checkpointId: string }) | null;
  /** The newest step of the branch that begins with a checkpoint. */
  tipOf: (checkpointId: string) => string;
}

/** `at`: the checkpoint whose messages are shown. */
export function useBranching(threadId: string | null, tree: CheckpointTree, at: string | null, key: string | null, messages: ShownMessage[]): Branching {
  const client = useClient();
  const queries = useQueryClient();
  const path = useMemo(() => pathTo(tree, at), [tree, at]);
  const idsAt = useCallback(
    (checkpointId: string) =>
      queries.fetchQuery({
        queryKey: ["message-ids", threadId, checkpointId, key],
        queryFn: () => messageIdsAt(client, threadId ?? "", checkpointId, key ?? "messages"),
        staleTime: Infinity,
      }),
    [queries, client, threadId, key],
  );
  // Messages only ever come to be along the path: by halves, the first step that has this one is found.
  const firstWith = useCallback(
    async (messageId: string): Promise<number> => {
      let [low, high] = [0, path.length - 1];
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        // Each question depends on the answer to the one before.
        // oxlint-disable-next-line no-await-in-loop
        const ids = await idsAt(path[middle] ?? "");
        if (ids.includes(messageId)) high = middle;
        else low = middle + 1;
      }
      return low;
    },
    [path, idsAt],
  );
  const before = useCallback(
    async (messageId: string): Promise<CheckpointRef | null> => {
      const id = path[(await firstWith(messageId)) - 1];
      return id === undefined ? null : { checkpoint_id: id, checkpoint_ns: "" };
    },
    [path, firstWith],
  );
  const beforeInput = useCallback(
    async (messageId: string): Promise<CheckpointRef | null> => {
      let place = (await firstWith(messageId)) - 1;
      // The step of the input itself is replaced too; the very first one has nothing before it, and stays.
      while (place > 0 && tree.byId.get(path[place] ?? "")?.checkpoint.source === "input") place -= 1;
      const id = path[place];
      return id === undefined ? null : { checkpoint_id: id, checkpoint_ns: "" };
    },
    [path, firstWith, tree],
  );
  // Only where the path forked there is something to switch: these steps are asked which messages they had.
  const forks = useMemo(() => path.filter((id) => branchPlace(tree, id) !== null), [path, tree]);
  const parents = useMemo(() => forks.map((id) => tree.byId.get(id)?.checkpoint.parent_id ?? ""), [forks, tree]);
  const asked = useQueries({
    queries: parents.map((parent) => ({
      queryKey: ["message-ids", threadId, parent, key],
      queryFn: () => messageIdsAt(client, threadId ?? "", parent, key ?? "messages"),
      staleTime: Infinity,
      enabled: threadId !== null,
    })),
  });
  const counts = asked.map(({ data }) => data?.length ?? -1);
  const places = new Map<string, BranchPlace & { checkpointId: string }>();
  for (const [index, checkpointId] of forks.entries()) {
    const place = branchPlace(tree, checkpointId);
    const message = messages.find((one) => one.index >= (counts[index] ?? -1) && (counts[index] ?? -1) >= 0);
    if (place && message) places.set(message.id ?? String(message.index), { ...place, checkpointId });
  }
  return {
    before,
    beforeInput,
    placeOf: (message) => places.get(message.id ?? String(message.index)) ?? null,
    tipOf: (checkpointId) => tipOf(tree, checkpointId),
  };
}

/** A message with another text, as the same kind of message, to be sent anew. */
export function editedMessage(raw: JsonObject, text: string): JsonObject {
  const { content } = raw;
  const rest = Array.isArray(content) ? content.filter((block) => !(isObject(block) && block.type === "text") && typeof block !== "string") : [];
  const blocks = text === "" ? rest : [{ type: "text", text }, ...rest];
  return { type: "human", id: timedId(), content: rest.length > 0 ? blocks : text, ...(typeof raw.name === "string" ? { name: raw.name } : {}) };
}
