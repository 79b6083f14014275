// A form for a JSON Schema: a control for each property, and JSON where no control fits.

import { useMemo, useState } from "react";
import type { Json, JsonObject } from "../api/wire.ts";
import { sameJson } from "../model/json.ts";
import { draftOf, emptyDraft, readDraft, shapeOf, type Draft, type FieldError } from "../model/schema-form.ts";
import { ShapeControl } from "./schema-control.tsx";
import "./schema-form.css";

interface Props {
  schema: JsonObject;
  /** What stands in the form; undefined while nothing does. A value that comes from elsewhere fills the form anew. */
  value: Json | undefined;
  /** Told of every change: the exact JSON, or undefined while a field has a fault. */
  onValue: (value: Json | undefined) => void;
  label: string;
}

/** Whether the form begins empty, with the defaults of the schema, or with a value. */
function beginning(schema: JsonObject, value: Json | undefined): Draft {
  const shape = shapeOf(schema);
  return value === undefined ? emptyDraft(shape) : draftOf(shape, value);
}

export function SchemaForm({ schema, value, onValue, label }: Props) {
  const shape = useMemo(() => shapeOf(schema), [schema]);
  const [draft, setDraft] = useState<Draft>(() => beginning(schema, value));
  const reading = useMemo(() => readDraft(shape, draft), [shape, draft]);
  const errors: FieldError[] = reading.ok ? [] : reading.errors;
  // What was typed elsewhere (as JSON, or an earlier input) stands in the form too; what came of the form itself does not come back.
  // Whoever reads the value from a text gives another object each time: only another content is another value.
  const [seen, setSeen] = useState(value);
  if (value === undefined || seen === undefined ? value !== seen : !sameJson(value, seen)) {
    setSeen(value);
    if (value !== undefined && !(reading.ok && sameJson(reading.value, value))) setDraft(draftOf(shape, value));
  }
  const change = (next: Draft): void => {
    setDraft(next);
    const read = readDraft(shape, next);
    onValue(read.ok ? read.value : undefined);
  };
  return (
    <div className="schema-form" role="group" aria-label={label}>
      <ShapeControl shape={shape} draft={draft} onDraft={change} path="" name={label} errors={errors} />
    </div>
  );
}
