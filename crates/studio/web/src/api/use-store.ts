// Long-term memory: its namespaces, items found, one item, and what changes them.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { JsonObject } from "./wire.ts";
import { useClient, useLgx } from "../studio.tsx";
import { useServerEvents } from "./use-socket.ts";

const PAGE = 200;
const MOST_NAMESPACES = 10_000;

export interface StoreSearch {
  /** Items of this namespace and of those below; of all when empty. */
  namespace: string[];
  filter: JsonObject;
  /** What items should be about; empty when nothing is asked. */
  query: string;
}

export interface StoredItem {
  namespace: string[];
  key: string;
  value: JsonObject;
  createdAt: string;
  updatedAt: string;
  /** How near it is to what was asked; null where the project has no index. */
  score: number | null;
}

/** Runs write items: what is shown is old when one ends. */
export function useStoreFreshness(): void {
  const queries = useQueryClient();
  useServerEvents((message) => {
    if (message.event === "run" && message.run.ended_at !== null) void queries.invalidateQueries({ queryKey: ["store"] });
  });
}

export function useNamespaces() {
  const client = useClient();
  return useQuery({
    queryKey: ["store", "namespaces"],
    queryFn: async () => (await client.store.listNamespaces({ limit: MOST_NAMESPACES })).namespaces,
  });
}

export function useItems(search: StoreSearch) {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: ["store", "items", search],
    initialPageParam: 0,
    queryFn: async ({ pageParam }): Promise<StoredItem[]> => {
      const { namespace, filter, query } = search;
      const found = await client.store.searchItems(namespace, {
        limit: PAGE,
        offset: pageParam,
        // Looking at items must not make them live longer.
        refreshTtl: false,
        ...(Object.keys(filter).length > 0 ? { filter } : {}),
        ...(query === "" ? {} : { query }),
      });
      return found.items.map((item) => Object.assign(item, { score: item.score ?? null }));
    },
    getNextPageParam: (last, pages) => (last.length < PAGE ? undefined : pages.length * PAGE),
  });
}

export function useItem(namespace: string[], key: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["store", "item", namespace, key],
    queryFn: () => client.store.getItem(namespace, key, { refreshTtl: false }),
  });
}

/** How long an item lives; what cannot be known is undefined. */
export function useItemLifetime(namespace: string[], key: string) {
  const lgx = useLgx();
  return useQuery({ queryKey: ["store", "lifetime", namespace, key], queryFn: () => lgx.itemLifetime(namespace, key) });
}

export interface ItemWrite {
  namespace: string[];
  key: string;
  value: JsonObject;
  /** Minutes; null for ever; absent for what langgraph.json says. */
  ttl?: number | null;
}

function useStoreChange<Asked>(change: (asked: Asked) => Promise<void>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => queries.invalidateQueries({ queryKey: ["store"] }) });
}

export function usePutItem() {
  const client = useClient();
  return useStoreChange(({ namespace, key, value, ttl }: ItemWrite) =>
    client.store.putItem(namespace, key, value, ttl === undefined ? {} : { ttl }),
  );
}

export function useDeleteItem() {
  const client = useClient();
  return useStoreChange(({ namespace, key }: { namespace: string[]; key: string }) => client.store.deleteItem(namespace, key));
}
