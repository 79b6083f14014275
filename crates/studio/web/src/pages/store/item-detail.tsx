// One item: its value as a tree or as JSON to edit, when it was written, and deleting it.
import { Trash2, X } from "lucide-react";
import { useState } from "react";
import { useDeleteItem, useItem, useItemLifetime } from "../../api/use-store.ts";
import { objectOf } from "../../model/assistant-draft.ts";
import { duration } from "../../model/format.ts";
import { namespaceText } from "../../model/namespace-tree.ts";
import { Button } from "../../parts/button.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { Empty } from "../../parts/empty.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { JsonView } from "../../parts/json-view.tsx";
import { Bar } from "../../parts/pane.tsx";
import { Moment } from "../../parts/moment.tsx";
import { ItemEditor } from "./item-editor.tsx";
import "./item-detail.css";

interface Props {
  namespace: string[];
  itemKey: string;
  onClose: () => void;
}

export function ItemDetail({ namespace, itemKey, onClose }: Props) {
  const { data: item, error } = useItem(namespace, itemKey);
  const { data: lifetime, isPending: lifetimePending } = useItemLifetime(namespace, itemKey);
  const [editing, setEditing] = useState(false);
  const [asking, setAsking] = useState(false);
  const remove = useDeleteItem();
  return (
    <section className="item-detail" aria-label={`Item ${itemKey}`}>
      <Bar
        title={itemKey}
        note={<code>{namespaceText(namespace)}</code>}
        actions={
          <>
            {item && !editing && (
              // What is edited keeps its time to live, which must be known for that.
              <Button disabled={lifetimePending} onClick={() => setEditing(true)}>
                Edit
              </Button>
            )}
            {item && <CopyButton text={() => JSON.stringify(item.value, null, 2)} label="Copy the value" />}
            {item && (
              <Button kind="quiet" icon aria-label="Delete this item" onClick={() => setAsking(true)}>
                <Trash2 />
              </Button>
            )}
            <Button kind="quiet" icon aria-label="Close" onClick={onClose}>
              <X />
            </Button>
          </>
        }
      />
      <RequestProblem caught={error} what="The item could not be read" />
      {item === null && <Empty title="There is no such item">It was deleted, or its time to live has passed.</Empty>}
      {item && (
        <>
          <dl className="item-facts">
            <dt>Written</dt>
            <dd>
              <Moment at={item.updatedAt} />
            </dd>
            <dt>Created</dt>
            <dd>
              <Moment at={item.createdAt} />
            </dd>
            {lifetime && (
              <>
                <dt>Lives until</dt>
                <dd>
                  <Moment at={lifetime.expires_at} none="for ever" />
                </dd>
                {lifetime.ttl_minutes !== null && (
                  <>
                    <dt>Time to live</dt>
                    <dd>{duration(lifetime.ttl_minutes * 60_000)}</dd>
                  </>
                )}
              </>
            )}
          </dl>
          {editing ? (
            <ItemEditor namespace={namespace} itemKey={itemKey} value={objectOf(item.value)} lifetime={lifetime ?? undefined} onDone={() => setEditing(false)} />
          ) : (
            <div className="item-json">
              <JsonView value={objectOf(item.value)} label={`Value of ${itemKey}`} whole />
            </div>
          )}
        </>
      )}
      <Confirm
        open={asking}
        title={`Delete ${itemKey}?`}
        action="Delete item"
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ namespace, key: itemKey }, { onSuccess: onClose })}
        onClose={() => setAsking(false)}
      >
        <p>
          What <code>{namespaceText(namespace)}</code> remembers under this key is gone then, for all threads.
        </p>
        <RequestProblem caught={remove.error} what="It was not deleted" />
      </Confirm>
    </section>
  );
}
