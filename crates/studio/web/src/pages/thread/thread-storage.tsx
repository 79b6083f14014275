// What a thread takes on disk, channel by channel, and dropping the states before the newest.
import { usePrune, useThreadStorage } from "../../api/use-thread-facts.ts";
import type { ThreadStorage as Storage } from "../../api/wire.ts";
import { bytes, plural } from "../../model/format.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { useToast } from "../../parts/toast.tsx";
import "./thread-facts.css";

export function ThreadStorage({ threadId, busy, onClose }: { threadId: string; busy: boolean; onClose: () => void }) {
  const { data, error } = useThreadStorage(threadId);
  const prune = usePrune(threadId);
  const toast = useToast();
  const keepNewest = (): void =>
    prune.mutate(undefined, {
      onSuccess: (freed) => {
        toast({ text: `Freed ${bytes(Math.max(0, freed))}` });
        onClose();
      },
    });
  const problem = prune.error ?? error;
  return (
    <Dialog
      open
      title="What this thread takes"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button kind="danger" disabled={busy || prune.isPending || (data?.checkpoints.count ?? 0) <= 1} title={busy ? "Not while a run goes on" : undefined} onClick={keepNewest}>
            Keep only the newest state
          </Button>
        </>
      }
    >
      <RequestProblem caught={problem} what={prune.error ? "The history was not dropped" : "What it takes could not be read"} />
      {data && <Parts storage={data} />}
      <p className="thread-facts-note">Keeping only the newest state drops the history: earlier steps, forks and what they wrote. Going back to them, and running again from there, is not possible then.</p>
    </Dialog>
  );
}

function Parts({ storage }: { storage: Storage }) {
  const { checkpoints, channel_values: values, pending_writes: writes, total_bytes: total } = storage;
  const channels = Object.entries(values.by_channel).toSorted(([, one], [, other]) => other.bytes - one.bytes);
  return (
    <table className="thread-facts">
      <tbody>
        <tr className="thread-facts-sum">
          <th scope="row" colSpan={2}>
            In all
          </th>
          <td>{bytes(total)}</td>
        </tr>
        <tr>
          <th scope="row">Checkpoints</th>
          <td>{checkpoints.count}</td>
          <td>{bytes(checkpoints.bytes)}</td>
        </tr>
        <tr>
          <th scope="row">Writes of tasks</th>
          <td>{writes.count}</td>
          <td>{bytes(writes.bytes)}</td>
        </tr>
        {channels.map(([name, channel]) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td>{plural(channel.versions, "version")}</td>
            <td>{bytes(channel.bytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
