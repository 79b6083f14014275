// What the project's auth answered to who asks in this tab, about this thread.
import { useAuthLens } from "../../api/use-thread-facts.ts";
import type { AuthLens as Lens } from "../../api/wire.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { JsonView } from "../../parts/json-view.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { useIdentity, useStudio } from "../../studio.tsx";
import "./thread-facts.css";

export function AuthLens({ threadId, onClose }: { threadId: string; onClose: () => void }) {
  const { identity, project } = useStudio();
  const { headers } = useIdentity();
  const { data, error } = useAuthLens(threadId);
  const changeIdentity = (): void => {
    onClose();
    identity.show(true);
  };
  return (
    <Dialog
      open
      title="What auth says of this thread"
      onClose={onClose}
      actions={
        <>
          <Button onClick={changeIdentity}>Ask as somebody else…</Button>
          <Button kind="primary" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      <p className="thread-facts-note">
        <code>{project.auth.target}</code>, asked for <code>threads.read</code> {headers ? `with ${Object.keys(headers).join(", ")}` : "as the Studio user"}:
      </p>
      <RequestProblem caught={error} what="It refuses" />
      {data && <Answer lens={data} />}
    </Dialog>
  );
}

function Answer({ lens }: { lens: Lens }) {
  return (
    <dl className="thread-facts-list">
      <dt>User</dt>
      <dd>
        {lens.identity ?? "nobody in particular"}
        {lens.is_studio && ", let in without the authenticate handler"}
      </dd>
      <dt>Permissions</dt>
      <dd>{lens.permissions.length > 0 ? lens.permissions.join(", ") : "none"}</dd>
      {lens.fields.length > 0 && (
        <>
          <dt>User has</dt>
          <dd>{lens.fields.join(", ")}</dd>
        </>
      )}
      <dt>Filter</dt>
      <dd>{lens.filter === null ? "none: every thread is shown" : <JsonView value={lens.filter} label="Filter" />}</dd>
      <dt>This thread</dt>
      <dd>{lens.visible ? "is shown" : "is not there for this user: it does not pass the filter, or does not exist"}</dd>
    </dl>
  );
}
