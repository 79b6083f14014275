// The input of a graph: a form from its schema, and the same as JSON beside it.

import { History } from "lucide-react";
import { useId, useMemo } from "react";
import type { Json, JsonObject } from "../../api/wire.ts";
import { isObject } from "../../model/json.ts";
import { preview } from "../../model/json-rows.ts";
import { Button } from "../../parts/button.tsx";
import { JsonEditor, readTyped } from "../../parts/json-editor.tsx";
import { SchemaForm } from "../../parts/schema-form.tsx";
import { objectProblem } from "./run-settings.tsx";
import "./graph-input.css";

interface Props {
  schema: JsonObject | null;
  text: string;
  onText: (text: string) => void;
  /** Whether the form holds something that is not valid, so that the text is older than it. */
  onFault: (fault: boolean) => void;
  earlier: JsonObject[];
  onSubmit: () => void;
}

/** What would be sent; null while it is not valid. */
export function inputOf(text: string): JsonObject | null {
  const read = readTyped(text);
  return read.ok && isObject(read.value) ? read.value : null;
}

export function GraphInput({ schema, text, onText, onFault, earlier, onSubmit }: Props) {
  const hasForm = schema !== null && isObject(schema.properties) && Object.keys(schema.properties).length > 0;
  const value = useMemo(() => inputOf(text) ?? undefined, [text]);
  const fromForm = (next: Json | undefined): void => {
    onFault(next === undefined);
    if (next !== undefined) onText(JSON.stringify(next, null, 2));
  };
  return (
    <div className={hasForm ? "graph-input graph-input-both" : "graph-input"}>
      {hasForm && (
        <div className="graph-input-form">
          <SchemaForm label="Input" schema={schema} value={value} onValue={fromForm} />
        </div>
      )}
      <div className="graph-input-raw">
        <div className="graph-input-head">
          <span>JSON</span>
          <EarlierInputs earlier={earlier} onPick={(input) => onText(JSON.stringify(input, null, 2))} />
        </div>
        <JsonEditor
          label="Input as JSON"
          text={text}
          onText={(typed) => {
            onFault(false);
            onText(typed);
          }}
          problem={objectProblem(text)}
          onSubmit={onSubmit}
        />
      </div>
    </div>
  );
}

function EarlierInputs({ earlier, onPick }: { earlier: JsonObject[]; onPick: (input: JsonObject) => void }) {
  const id = useId();
  if (earlier.length === 0) return null;
  return (
    <>
      <button type="button" className="button button-quiet" popoverTarget={id}>
        <History /> Earlier inputs
      </button>
      <div id={id} popover="auto" className="graph-input-earlier">
        {earlier.map((input) => (
          <Button
            key={JSON.stringify(input)}
            kind="quiet"
            onClick={() => {
              onPick(input);
              document.getElementById(id)?.hidePopover();
            }}
          >
            <code>{preview(input, 90)}</code>
          </Button>
        ))}
      </div>
    </>
  );
}
