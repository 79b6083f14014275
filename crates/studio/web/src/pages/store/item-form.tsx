// A new item: where it stands, its key, its value.
import { useState } from "react";
import { usePutItem } from "../../api/use-store.ts";
import { objectFault, objectOf } from "../../model/assistant-draft.ts";
import { DEFAULT_LIFE, lifeFault, ttlOf } from "../../model/item-life.ts";
import { readJson } from "../../model/json-text.ts";
import { namespaceFault, namespacePath, namespaceText } from "../../model/namespace-tree.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { JsonField, TextField } from "../../parts/field.tsx";
import { LifeField } from "./item-life.tsx";

interface Props {
  /** Proposed. */
  namespace: string[];
  onClose: () => void;
  onSaved: (namespace: string[], key: string) => void;
}

export function ItemForm({ namespace, onClose, onSaved }: Props) {
  const [where, setWhere] = useState(namespaceText(namespace));
  const [key, setKey] = useState("");
  const [text, setText] = useState("{\n  \n}");
  const [life, setLife] = useState(DEFAULT_LIFE);
  const put = usePutItem();
  const whereFault = namespaceFault(where);
  const textFault = text.trim() === "" ? "An item needs a value: { … }" : objectFault(text);
  const sound = whereFault === null && textFault === null && key !== "" && lifeFault(life) === null;
  function save() {
    const read = readJson(text);
    if (!read.ok) return;
    const item = { namespace: namespacePath(where.trim()), key };
    put.mutate(
      { ...item, value: objectOf(read.value), ...ttlOf(life) },
      {
        onSuccess: () => {
          onClose();
          onSaved(item.namespace, item.key);
        },
      },
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="New item"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={!sound || put.isPending} onClick={save}>
            Save
          </Button>
        </>
      }
    >
      <div className="item-form">
        <TextField label="Namespace" value={where} onChange={setWhere} hint="Labels with dots between." placeholder="notes.ada" fault={where === "" ? null : whereFault} />
        <TextField label="Key" value={key} onChange={setKey} hint="An item that stands there already is replaced." />
        <JsonField label="Value" value={text} onChange={setText} fault={textFault} rows={6} />
        <LifeField life={life} onChange={setLife} />
        <RequestProblem caught={put.error} what="It was not saved" />
      </div>
    </Dialog>
  );
}
