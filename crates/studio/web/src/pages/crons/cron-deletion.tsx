// Asks before a cron is deleted.
import type { Cron } from "@langchain/langgraph-sdk";
import { useDeleteCron } from "../../api/use-crons.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";

export function CronDeletion({ cron, onClose }: { cron: Cron; onClose: () => void }) {
  const remove = useDeleteCron();
  return (
    <Confirm open title="Delete this cron?" action="Delete cron" busy={remove.isPending} onConfirm={() => remove.mutate(cron, { onSuccess: onClose })} onClose={onClose}>
      <p>
        <code>{cron.schedule}</code> does not fire any more. Runs that it has made stay. To stop it for a while, pause it.
      </p>
      <RequestProblem caught={remove.error} what="It was not deleted" />
    </Confirm>
  );
}
