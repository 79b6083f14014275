// The list of threads, page by page, and what can be done to some of them.

import type { Thread, ThreadStatus } from "@langchain/langgraph-sdk";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { JsonObject } from "./wire.ts";
import { useClient, useLgx } from "../studio.tsx";

/** A thread as the list shows it: no state, only its first message. */
export interface ThreadRow {
  id: string;
  status: ThreadStatus;
  graph: string | null;
  name: string | null;
  first: string | null;
  metadata: JsonObject;
  createdAt: string;
  updatedAt: string;
  /** Where words that were looked for stand in its state. */
  excerpt: string | null;
}

export interface ThreadFilter {
  status: ThreadStatus | null;
  metadata: JsonObject;
  ids: string[];
}

const PAGE = 100;
const FIRST_MESSAGE = { message: "values.messages[0].content" };

function textOf(content: unknown): string | null {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return null;
  const texts = content.flatMap((block: unknown) => {
    const text: unknown = block && typeof block === "object" ? Reflect.get(block, "text") : null;
    return typeof text === "string" ? [text] : [];
  });
  return texts.length > 0 ? texts.join(" ") : null;
}

const stringOr = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** The name that somebody gave a thread; other pages wrote it as `custom_name`. */
export function threadName(metadata: unknown): string | null {
  if (!metadata || typeof metadata !== "object") return null;
  return stringOr(Reflect.get(metadata, "name")) ?? stringOr(Reflect.get(metadata, "custom_name"));
}

type FoundThread = Pick<Thread, "thread_id" | "status" | "metadata" | "created_at" | "updated_at">;

function rowOf(thread: FoundThread, excerpt: string | null = null): ThreadRow {
  const extracted: unknown = Reflect.get(thread, "extracted");
  const message: unknown = extracted && typeof extracted === "object" ? Reflect.get(extracted, "message") : null;
  // What the SDK calls `unknown` came as JSON.
  const metadata = (thread.metadata ?? {}) as JsonObject;
  return {
    id: thread.thread_id,
    status: thread.status,
    graph: stringOr(metadata.graph_id),
    name: threadName(metadata),
    first: textOf(message)?.slice(0, 200) ?? null,
    metadata,
    createdAt: thread.created_at,
    updatedAt: thread.updated_at,
    excerpt,
  };
}

/** The threads that fit, newest first. */
export function useThreads(filter: ThreadFilter, enabled = true) {
  const client = useClient();
  return useInfiniteQuery({
    enabled,
    queryKey: ["threads", "list", filter],
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) => {
      const found = await client.threads.search({
        limit: PAGE,
        offset: pageParam,
        metadata: filter.metadata,
        sortBy: "updated_at",
        sortOrder: "desc",
        select: ["thread_id", "status", "metadata", "created_at", "updated_at"],
        extract: FIRST_MESSAGE,
        signal,
        ...(filter.status ? { status: filter.status } : {}),
        ...(filter.ids.length > 0 ? { ids: filter.ids } : {}),
      });
      return found.map((thread) => rowOf(thread));
    },
    getNextPageParam: (last, pages) => (last.length < PAGE ? undefined : pages.length * PAGE),
  });
}

/** The threads that have words in them, newest first: each page is one look of the server at so many threads, which may have found none. */
export function useThreadsWithWords(filter: ThreadFilter, words: string[]) {
  const lgx = useLgx();
  return useInfiniteQuery({
    enabled: words.length > 0,
    queryKey: ["threads", "words", filter, words],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const { metadata, status } = filter;
      const search = { words, metadata, ...(status ? { status } : {}), ...(pageParam === null ? {} : { after: pageParam }) };
      const found = await lgx.findWords(search, signal);
      return { ...found, threads: found.threads.map((thread) => rowOf(thread, thread.excerpt)) };
    },
    getNextPageParam: (last) => last.next,
  });
}

/** How many fit in all. */
export function useThreadCount(filter: ThreadFilter) {
  const client = useClient();
  return useQuery({
    queryKey: ["threads", "count", filter],
    queryFn: ({ signal }) =>
      client.threads.count({ metadata: filter.metadata, signal, ...(filter.status ? { status: filter.status } : {}) }),
  });
}

/** Rename, copy and delete; each tells the list when it is done. */
export function useThreadActions() {
  const client = useClient();
  const queries = useQueryClient();
  const onSuccess = async (): Promise<void> => {
    await queries.invalidateQueries({ queryKey: ["threads"] });
    await queries.invalidateQueries({ queryKey: ["thread"] });
  };
  return {
    rename: useMutation({
      mutationFn: ({ id, name }: { id: string; name: string }) => client.threads.update(id, { metadata: { name } }),
      onSuccess,
    }),
    copy: useMutation({ mutationFn: (id: string) => client.threads.copy(id), onSuccess }),
    remove: useMutation({
      mutationFn: async (ids: string[]) => {
        const done = await Promise.allSettled(ids.map((id) => client.threads.delete(id)));
        await onSuccess();
        const failed = done.find((one) => one.status === "rejected");
        if (failed) throw failed.reason;
      },
    }),
  };
}
