// What user code printed: what the server still has, and every line from now on.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { mergeLines } from "../model/log-filter.ts";
import { useLgx } from "../studio.tsx";
import { useSocketState, useTopic } from "./use-socket.ts";
import type { LogLine } from "./wire.ts";

/** As many as the server keeps. */
const MOST_LINES = 10_000;

/** A thousand lines a second are drawn as often as the screen is, not as often as they come. */
export function useLogs() {
  const lgx = useLgx();
  const queries = useQueryClient();
  const serverId = useSocketState().hello?.server_id ?? null;
  // Those of an earlier life are with their runs.
  const asked = useQuery({ queryKey: ["logs", "all", serverId], queryFn: () => lgx.logs() });
  const [live, setLive] = useState<{ serverId: string | null; lines: readonly LogLine[] }>({ serverId: null, lines: [] });
  const waiting = useRef<LogLine[]>([]);
  const frame = useRef(0);
  const flush = () => {
    frame.current = 0;
    const more = waiting.current;
    waiting.current = [];
    setLive((now) => ({ serverId, lines: mergeLines(now.serverId === serverId ? now.lines : [], more, MOST_LINES) }));
  };
  useTopic(
    "logs",
    (line) => {
      waiting.current.push(line);
      // A page that is not seen draws nothing, and keeps no more than is shown.
      if (waiting.current.length > 2 * MOST_LINES) waiting.current = waiting.current.slice(-MOST_LINES);
      if (!frame.current) frame.current = requestAnimationFrame(flush);
    },
    { onMissed: () => void queries.invalidateQueries({ queryKey: ["logs", "all"] }) },
  );
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  const before = asked.data?.lines ?? [];
  const since = live.serverId === serverId ? live.lines : [];
  return { lines: mergeLines(before, since, MOST_LINES), dropped: asked.data?.dropped ?? 0, error: asked.error };
}
