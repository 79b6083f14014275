// Asking before threads are deleted, and for the name of one.

import { useState } from "react";
import { useThreadActions, type ThreadRow } from "../../api/use-threads.ts";
import { shortId } from "../../model/format.ts";
import { Button } from "../../parts/button.tsx";
import { Confirm, Dialog } from "../../parts/dialog.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";

/** Asks, and deletes threads with everything that belongs to them. */
export function DeleteThreads({ ids, onClose, onDone }: { ids: string[]; onClose: () => void; onDone?: () => void }) {
  const { remove } = useThreadActions();
  const what = ids.length === 1 ? "this thread" : `${ids.length} threads`;
  return (
    <Confirm
      open={ids.length > 0}
      title={`Delete ${what}?`}
      action={`Delete ${what}`}
      busy={remove.isPending}
      onClose={() => {
        remove.reset();
        onClose();
      }}
      onConfirm={() =>
        remove.mutate(ids, {
          onSuccess: () => {
            onClose();
            onDone?.();
          },
        })
      }
    >
      <p>Their state, history and runs go too. Runs that still execute are stopped. This cannot be taken back.</p>
      <RequestProblem caught={remove.error} what="Not all were deleted" />
    </Confirm>
  );
}

export function RenameThread({ row, onClose }: { row: Pick<ThreadRow, "id" | "name">; onClose: () => void }) {
  const { rename } = useThreadActions();
  const [name, setName] = useState(row.name ?? "");
  const save = (): void => rename.mutate({ id: row.id, name: name.trim() }, { onSuccess: onClose });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Name of the thread"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={rename.isPending} onClick={save}>
            Save
          </Button>
        </>
      }
    >
      <form
        className="threads-rename"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <label>
          Name
          <input value={name} onChange={(event) => setName(event.currentTarget.value)} placeholder={shortId(row.id)} />
        </label>
        <p className="threads-hint">Kept in the thread's metadata as “name”.</p>
      </form>
      <RequestProblem caught={rename.error} what="The name was not kept" />
    </Dialog>
  );
}
