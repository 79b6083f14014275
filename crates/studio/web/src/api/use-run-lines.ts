// What a run printed and logged, and every line from now on.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLgx } from "../studio.tsx";
import { useTopic } from "./use-socket.ts";
import type { LogLines } from "./wire.ts";

export function useRunLines(runId: string) {
  const lgx = useLgx();
  const queries = useQueryClient();
  const queryKey = ["logs", runId];
  useTopic("logs", (line) => {
    if (line.run_id !== runId) return;
    queries.setQueryData<LogLines>(queryKey, (known) =>
      known === undefined || known.lines.some((one) => one.id === line.id) ? known : { ...known, lines: [...known.lines, line] },
    );
  });
  return useQuery({ queryKey, queryFn: () => lgx.runLogs(runId) });
}
