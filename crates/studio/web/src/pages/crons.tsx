// Crons: when each fires next, pausing, changing and deleting them.
import type { Cron } from "@langchain/langgraph-sdk";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { nameOf, useAssistants } from "../api/use-assistants.ts";
import { useCronFreshness, useCrons } from "../api/use-crons.ts";
import { plural } from "../model/format.ts";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/empty.tsx";
import { RequestProblem } from "../parts/request-problem.tsx";
import { Bar, Pane } from "../parts/pane.tsx";
import { Table } from "../parts/table.tsx";
import { cronColumns } from "./crons/cron-columns.tsx";
import { CronDeletion } from "./crons/cron-deletion.tsx";
import { CronForm } from "./crons/cron-form.tsx";

type Shown = { what: "new" } | { what: "edit" | "delete"; cron: Cron } | null;

function keyOf(cron: Cron): string {
  return cron.cron_id;
}

export function CronsPage() {
  useCronFreshness();
  const { data: crons, error } = useCrons();
  const { data: assistants } = useAssistants();
  const [shown, setShown] = useState<Shown>(null);
  const columns = useMemo(() => {
    const names = new Map((assistants ?? []).map((one) => [one.assistant_id, { graph: one.graph_id, name: nameOf(one) }]));
    return cronColumns(names, { edit: (cron) => setShown({ what: "edit", cron }), remove: (cron) => setShown({ what: "delete", cron }) });
  }, [assistants]);
  const make = (
    <Button onClick={() => setShown({ what: "new" })}>
      <Plus /> New cron
    </Button>
  );
  const close = () => setShown(null);
  // What a run links to; of a cron that was deleted there is nothing to show.
  const [search] = useSearchParams();
  const linked = search.get("cron");
  const gone = linked !== null && crons !== undefined && !crons.some((cron) => cron.cron_id === linked);
  return (
    <Pane label="Crons">
      <Bar title="Crons" note={crons === undefined ? undefined : plural(crons.length, "cron")} actions={make} />
      <RequestProblem caught={error} what="The crons could not be listed" />
      {gone && (
        <p className="crons-gone" role="status">
          The cron <code>{linked}</code> does not exist any more.
        </p>
      )}
      {crons?.length === 0 ? (
        <Empty title="Nothing runs by the clock yet" action={make}>
          A cron runs an assistant at set times for as long as lgx serves: on one thread, or on a new one each time.
        </Empty>
      ) : (
        <Table
          label="Crons"
          rows={crons ?? []}
          columns={columns}
          rowKey={keyOf}
          rowData={(cron) => ({ "data-cron": cron.cron_id, "data-enabled": String(cron.enabled) })}
          rowHeight={44}
          selected={linked}
          onOpen={(cron) => setShown({ what: "edit", cron })}
        />
      )}
      {shown?.what === "new" && <CronForm cron={null} onClose={close} />}
      {shown?.what === "edit" && <CronForm key={shown.cron.cron_id} cron={shown.cron} onClose={close} />}
      {shown?.what === "delete" && <CronDeletion cron={shown.cron} onClose={close} />}
    </Pane>
  );
}
