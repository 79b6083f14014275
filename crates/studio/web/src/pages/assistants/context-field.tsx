// The context of an assistant: a form where the graph declares it, JSON beside it, or JSON alone.
import { useState } from "react";
import type { JsonObject } from "../../api/wire.ts";
import { jsonOf, objectOf } from "../../model/assistant-draft.ts";
import { readJson } from "../../model/json-text.ts";
import { JsonField } from "../../parts/field.tsx";
import { SchemaForm } from "../../parts/schema-form.tsx";
import { Seg } from "../../parts/seg.tsx";
import "./context-field.css";

interface Props {
  /** Of the context, as the graph declares it; null where it declares none. */
  schema: JsonObject | null;
  /** JSON. */
  value: string;
  onChange: (value: string) => void;
  /** Told while a field of the form has a fault. */
  onFault: (faulty: boolean) => void;
  fault: string | undefined;
}

const MODES = [
  { value: "form", label: "Form" },
  { value: "json", label: "JSON" },
] as const;

const HINT = "What nodes find in runtime.context.";

export function ContextField({ schema, value, onChange, onFault, fault }: Props) {
  const [mode, setMode] = useState<"form" | "json">("form");
  if (schema === null || Object.keys(objectOf(schema["properties"])).length === 0) {
    return <JsonField label="Context" value={value} onChange={onChange} fault={fault ?? null} hint={`${HINT} The graph declares none.`} />;
  }
  const read = readJson(value.trim() === "" ? "{}" : value);
  // A text that is no JSON stays where it can be mended.
  const asForm = mode === "form" && read.ok;
  return (
    <div className="context-field">
      <div className="context-head">
        <span className="field-label">Context</span>
        <Seg
          label="Context as"
          options={MODES}
          value={asForm ? "form" : "json"}
          onChange={(next) => {
            onFault(false);
            setMode(next);
          }}
        />
      </div>
      {asForm ? (
        <SchemaForm
          label="Context"
          schema={schema}
          value={read.value}
          onValue={(next) => {
            onFault(next === undefined);
            if (next !== undefined) onChange(jsonOf(next));
          }}
        />
      ) : (
        <JsonField label="Context as JSON" value={value} onChange={onChange} fault={fault ?? null} hint={HINT} />
      )}
    </div>
  );
}
