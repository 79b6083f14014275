// What a run is: status, times, where it belongs; and what can be done with it.
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { nameOf, useAssistants } from "../../api/use-assistants.ts";
import { useCancelRuns } from "../../api/use-runs.ts";
import { useRunAgain } from "../../api/use-run-states.ts";
import type { Call, RunRecord } from "../../api/wire.ts";
import { count, shortId } from "../../model/format.ts";
import { tokensOf } from "../../model/run-events.ts";
import { generationWords, isOfOlderCode } from "../../model/run-generation.ts";
import { isOver } from "../../model/run-queue.ts";
import { Button } from "../../parts/button.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Elapsed } from "../../parts/elapsed.tsx";
import { Moment } from "../../parts/moment.tsx";
import { Bar } from "../../parts/pane.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { RunStatusWord } from "../../parts/run-status.tsx";
import { paths } from "../../paths.ts";
import { useProject } from "../../studio.tsx";

export function RunHead({ run, calls }: { run: RunRecord; calls: Call[] }) {
  const [, go] = useLocation();
  const { generation } = useProject();
  const cancel = useCancelRuns();
  const again = useRunAgain();
  const [closed, setClosed] = useState<unknown>(null);
  const assistant = useAssistants().data?.find((one) => one.assistant_id === run.assistant_id);
  const tokens = tokensOf(calls);
  const isOld = isOfOlderCode(run, generation);
  const problem = again.error ?? cancel.error;
  return (
    <>
      <Bar
        title={run.graph_id}
        note={
          <span className="run-id">
            <code title={run.run_id}>{shortId(run.run_id)}</code>
            <CopyButton text={run.run_id} label="Copy the run's id" />
          </span>
        }
        actions={
          <>
            <Link href={paths.thread(run.thread_id)}>Open its thread</Link>
            {isOver(run) ? (
              <Button
                disabled={again.isPending}
                title="The same request from the same state, on a copy of the thread; then both side by side"
                onClick={() => again.mutate(run, { onSuccess: (made) => go(paths.compare(run.run_id, made)) })}
              >
                {isOld ? "Run again on new code" : "Run again"}
              </Button>
            ) : (
              <Button kind="danger" disabled={cancel.isPending} onClick={() => cancel.mutate([run])}>
                Cancel
              </Button>
            )}
          </>
        }
      >
        <RunStatusWord status={run.status} />
      </Bar>
      {problem !== null && problem !== closed && <RequestProblem caught={problem} what={again.error ? "It was not run again" : "It was not cancelled"} onClose={() => setClosed(problem)} />}
      <dl className="run-facts">
        <Fact name="Asked for">
          <Moment at={run.created_at} />
        </Fact>
        <Fact name="Waited">
          <Elapsed from={run.created_at} to={run.started_at ?? run.ended_at} />
        </Fact>
        <Fact name="Took">
          <Elapsed from={run.started_at} to={run.ended_at} />
        </Fact>
        {tokens !== null && (
          <Fact name="Tokens">
            <span title={`${tokens.input} in, ${tokens.output} out`}>
              {count(tokens.input)} → {count(tokens.output)} ({count(tokens.total)})
            </span>
          </Fact>
        )}
        <Fact name="Assistant">
          <Link href={paths.assistant(run.assistant_id)} title={run.assistant_id}>
            {assistant ? nameOf(assistant) : shortId(run.assistant_id)}
          </Link>
          {run.assistant_version !== null && ` v${run.assistant_version}`}
        </Fact>
        {run.cron_id !== null && (
          <Fact name="Started by">
            <Link href={paths.crons({ cron: run.cron_id })} title={run.cron_id}>
              cron {shortId(run.cron_id)}
            </Link>
          </Fact>
        )}
        {run.generation !== null && <Fact name="Generation">{isOld ? `${generationWords(run)}, now ${generation}` : run.generation}</Fact>}
        {run.attempt > 1 && <Fact name="Attempt">{run.attempt}</Fact>}
        {run.queue_position !== null && (
          <Fact name="Queue">
            {run.queue_position}. of its thread, {run.multitask_strategy}
          </Fact>
        )}
      </dl>
    </>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
