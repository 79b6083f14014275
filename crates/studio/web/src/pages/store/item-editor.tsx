// The value of an item as JSON to edit; invalid JSON says where, and is not saved.
import { useState } from "react";
import { usePutItem } from "../../api/use-store.ts";
import type { ItemLifetime, JsonObject } from "../../api/wire.ts";
import { objectFault, objectOf } from "../../model/assistant-draft.ts";
import { lifeFault, lifeOf, ttlOf } from "../../model/item-life.ts";
import { readJson } from "../../model/json-text.ts";
import { Button } from "../../parts/button.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { JsonField } from "../../parts/field.tsx";
import { LifeField } from "./item-life.tsx";

interface Props {
  namespace: string[];
  itemKey: string;
  value: JsonObject;
  /** Undefined where it is not known. */
  lifetime: ItemLifetime | undefined;
  onDone: () => void;
}

export function ItemEditor({ namespace, itemKey, value, lifetime, onDone }: Props) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const [life, setLife] = useState(() => lifeOf(lifetime));
  const put = usePutItem();
  const fault = text.trim() === "" ? "An item needs a value: { … }" : objectFault(text);
  function save() {
    const read = readJson(text);
    if (read.ok) put.mutate({ namespace, key: itemKey, value: objectOf(read.value), ...ttlOf(life) }, { onSuccess: onDone });
  }
  return (
    <form
      className="item-editor"
      aria-label={`Edit ${itemKey}`}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <JsonField label="Value" value={text} onChange={setText} fault={fault} rows={10} />
      <LifeField life={life} onChange={setLife} />
      <RequestProblem caught={put.error} what="It was not saved" />
      <footer>
        <Button onClick={onDone}>Cancel</Button>
        <Button kind="primary" type="submit" disabled={fault !== null || lifeFault(life) !== null || put.isPending}>
          Save
        </Button>
      </footer>
    </form>
  );
}
