// What the project's code printed and logged; the filter is in the address.
import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";
import { ALL_LINES, LEVELS, type LogFilter } from "../model/log-filter.ts";
import { LogView } from "../parts/log-view.tsx";
import { Pane } from "../parts/pane.tsx";

export function LogsPage() {
  const [search, setSearch] = useSearchParams();
  const filter = useMemo<LogFilter>(
    () => ({ level: LEVELS.find((level) => level === search.get("level")) ?? "debug", run: search.get("run") ?? "", text: search.get("text") ?? "" }),
    [search],
  );
  const onFilter = useCallback(
    (wanted: LogFilter) => {
      const named = Object.entries(wanted).filter(([key, value]) => value !== Reflect.get(ALL_LINES, key));
      setSearch(Object.fromEntries(named), { replace: true });
    },
    [setSearch],
  );
  return (
    <Pane label="Logs">
      <LogView filter={filter} onFilter={onFilter} />
    </Pane>
  );
}
