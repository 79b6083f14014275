// The threads that fit what was typed: a page of the list at a time, or, with words, one look of the server after the other.
import { useEffect, useMemo } from "react";
import { useThreadCount, useThreads, useThreadsWithWords, type ThreadFilter, type ThreadRow } from "../../api/use-threads.ts";

/** The server goes on looking for words until so many threads are found, and for more when the end of the list is in sight. */
const ENOUGH = 100;

export interface FoundThreads {
  rows: ThreadRow[];
  /** How many there are, in words. */
  note: string;
  /** Asks for more; null when there are none, or they are on their way by themselves. */
  more: (() => void) | null;
  busy: boolean;
  /** Nothing is known yet. */
  pending: boolean;
  problem: unknown;
  again: () => void;
}

export function useFoundThreads(filter: ThreadFilter, words: string[]): FoundThreads {
  const hasWords = words.length > 0;
  const listed = useThreads(filter, !hasWords);
  const found = useThreadsWithWords(filter, words);
  const count = useThreadCount(filter);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = hasWords ? found : listed;
  const rows = useMemo(
    () => (hasWords ? found.data?.pages.flatMap((page) => page.threads) : listed.data?.pages.flat()) ?? [],
    [hasWords, found.data, listed.data],
  );
  const looking = hasWords && hasNextPage && rows.length < ENOUGH && found.error === null;
  useEffect(() => {
    if (looking && !isFetchingNextPage) void fetchNextPage();
  }, [looking, isFetchingNextPage, fetchNextPage]);
  const total = filter.ids.length > 0 ? listed.data?.pages.flat().length : count.data;
  const lookedAt = found.data?.pages.reduce((sum, page) => sum + page.looked_at, 0) ?? 0;
  const shown = hasWords ? found : listed;
  return {
    rows,
    note: hasWords ? noteOfLook(rows.length, lookedAt, total, hasNextPage) : noteOfList(total),
    more: hasNextPage && !looking ? () => void fetchNextPage() : null,
    busy: isFetchingNextPage,
    pending: shown.isPending || looking,
    problem: shown.error ?? count.error,
    again: () => void shown.refetch(),
  };
}

const threads = (count: number): string => `${count.toLocaleString("en")} ${count === 1 ? "thread" : "threads"}`;

function noteOfList(total: number | undefined): string {
  return total === undefined ? "" : threads(total);
}

function noteOfLook(found: number, lookedAt: number, total: number | undefined, more: boolean): string {
  if (total === undefined) return "";
  // Threads that change meanwhile are looked at twice.
  return more ? `${found} in the newest ${Math.min(lookedAt, total).toLocaleString("en")} of ${threads(total)}` : `${found} of ${threads(total)}`;
}
