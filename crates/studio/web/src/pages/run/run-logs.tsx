// What the project's code printed and logged during a run; new lines come by themselves.
import { useRunLines } from "../../api/use-run-lines.ts";
import { Empty } from "../../parts/empty.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { LogLines } from "../../parts/log-lines.tsx";

export function RunLogs({ runId }: { runId: string }) {
  const { data, error } = useRunLines(runId);
  if (error !== null) return <RequestProblem caught={error} what="The log could not be read" />;
  if (data === undefined) return null;
  if (data.lines.length === 0) return <Empty title="Nothing was printed or logged">What nodes print shows here with the run that printed it.</Empty>;
  return (
    <>
      {data.dropped > 0 && <p className="run-note">{data.dropped} earlier lines are not kept</p>}
      <LogLines lines={data.lines} label="Logs of the run" />
    </>
  );
}
