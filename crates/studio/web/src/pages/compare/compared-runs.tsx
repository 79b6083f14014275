// What the two runs are, and in times and tokens how far they are apart.
import { Link } from "wouter";
import type { Call, RunRecord } from "../../api/wire.ts";
import { count, duration, elapsed, shortId } from "../../model/format.ts";
import { tokensOf } from "../../model/run-events.ts";
import { generationWords } from "../../model/run-generation.ts";
import { isOver } from "../../model/run-queue.ts";
import { Moment } from "../../parts/moment.tsx";
import { RunStatusWord } from "../../parts/run-status.tsx";
import { useNow } from "../../parts/use-now.ts";
import { paths } from "../../paths.ts";

export interface ComparedRun {
  run: RunRecord;
  calls: Call[];
}

export function ComparedRuns({ left, right }: { left: ComparedRun; right: ComparedRun }) {
  return (
    <div className="compare-runs">
      <RunFacts side="Left" one={left} other={null} />
      <RunFacts side="Right" one={right} other={left} />
    </div>
  );
}

/** `other`: what this one is measured by. */
function RunFacts({ side, one, other }: { side: string; one: ComparedRun; other: ComparedRun | null }) {
  const { run, calls } = one;
  const now = useNow(!isOver(run));
  const took = elapsed(run.started_at, run.ended_at, now);
  const before = other === null ? null : elapsed(other.run.started_at, other.run.ended_at, now);
  const tokens = tokensOf(calls)?.total ?? null;
  const tokensBefore = other === null ? null : (tokensOf(other.calls)?.total ?? null);
  return (
    <section className="compare-run" aria-label={side} data-run={run.run_id}>
      <h3>
        <Link href={paths.run(run.run_id)}>
          <code>{shortId(run.run_id)}</code>
        </Link>
        <RunStatusWord status={run.status} />
      </h3>
      <dl>
        <div>
          <dt>Asked for</dt>
          <dd>
            <Moment at={run.created_at} />
          </dd>
        </div>
        <div>
          <dt>Took</dt>
          <dd>
            {took === null ? "–" : duration(took)} <Apart now={took} before={before} words={duration} />
          </dd>
        </div>
        {tokens !== null && (
          <div>
            <dt>Tokens</dt>
            <dd>
              {count(tokens)} <Apart now={tokens} before={tokensBefore} words={count} />
            </dd>
          </div>
        )}
        <div>
          <dt>Steps</dt>
          <dd>{run.steps.length}</dd>
        </div>
        {run.generation !== null && (
          <div>
            <dt>Generation</dt>
            <dd>{generationWords(run)}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function Apart({ now, before, words }: { now: number | null; before: number | null; words: (value: number) => string }) {
  if (now === null || before === null || now === before) return null;
  const more = now > before;
  return <span className={more ? "compare-more" : "compare-less"}>{`${more ? "+" : "−"}${words(Math.abs(now - before))}`}</span>;
}
