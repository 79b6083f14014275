// The runs of all threads, newest first and live: found by status, graph, thread and time, cancelled many at once.
import { useCallback, useMemo, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { useRuns } from "../api/use-runs.ts";
import type { RunSummary } from "../api/wire.ts";
import { plural } from "../model/format.ts";
import { isOver } from "../model/run-queue.ts";
import { conditionsOf } from "../model/run-conditions.ts";
import { Empty } from "../parts/empty.tsx";
import { RequestProblem } from "../parts/request-problem.tsx";
import { Bar, Pane } from "../parts/pane.tsx";
import { Table } from "../parts/table.tsx";
import { paths } from "../paths.ts";
import { PickedRuns } from "./runs/picked-runs.tsx";
import { runColumns } from "./runs/run-columns.tsx";
import { RunFilters } from "./runs/run-filters.tsx";

function keyOf(run: RunSummary): string {
  return run.run_id;
}

function dataOf(run: RunSummary) {
  return { "data-run": run.run_id, "data-status": run.status } as const;
}

export function RunsPage() {
  const [search] = useSearchParams();
  const [, go] = useLocation();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const conditions = useMemo(() => conditionsOf(search), [search]);
  const { data, error, hasNextPage, isFetching, fetchNextPage } = useRuns(conditions);
  const runs = useMemo(() => data?.pages.flatMap((page) => page.runs) ?? [], [data]);
  const columns = useMemo(() => runColumns(runs), [runs]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const total = data?.pages[0]?.total;
  const chosen = runs.filter((run) => picked.has(run.run_id));
  const narrowed = Object.keys(conditions).length > 0;
  return (
    <Pane label="Runs">
      <Bar
        title="Runs"
        note={total === undefined ? undefined : plural(total, "run")}
        actions={chosen.length > 0 && <PickedRuns runs={chosen} onDone={() => setPicked(new Set())} />}
      />
      <RunFilters />
      <RequestProblem caught={error} what="The runs could not be listed" />
      {data !== undefined && runs.length === 0 ? (
        <Empty title={narrowed ? "No run is like that" : "Nothing has run yet"}>
          {narrowed ? "Loosen the conditions above." : "Send something to a graph, here or from your own program: every run of every thread shows up here at once."}
        </Empty>
      ) : (
        <Table
          label="Runs"
          rows={runs}
          columns={columns}
          rowKey={keyOf}
          rowData={dataOf}
          onOpen={(run) => go(paths.run(run.run_id))}
          picked={picked}
          onPick={setPicked}
          onEnd={more}
        />
      )}
      <p className="visually-hidden" role="status">
        {plural(runs.filter((run) => !isOver(run)).length, "run")} not over
      </p>
    </Pane>
  );
}
