// How the runs of a graph are started: context, limits, durability, what happens to a run that is already there; kept for each graph.

import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { useSchemas } from "../../api/use-assistant.ts";
import type { Json, JsonObject } from "../../api/wire.ts";
import { isObject } from "../../model/json.ts";
import { changedSettings, DEFAULT_SETTINGS, EXTRA_MODES, STREAM_MODES, type RunSettings } from "../../model/run-request.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { JsonEditor, readTyped } from "../../parts/json-editor.tsx";
import { SchemaForm } from "../../parts/schema-form.tsx";
import "./run-settings.css";

interface Props {
  assistantId: string;
  settings: RunSettings;
  onSettings: (settings: RunSettings) => void;
}

export function RunSettingsButton({ assistantId, settings, onSettings }: Props) {
  const [open, setOpen] = useState(false);
  const changed = changedSettings(settings);
  return (
    <>
      <Button kind="quiet" onClick={() => setOpen(true)} title="How runs are started">
        <SlidersHorizontal />
        {changed.length === 0 ? "Run settings" : changed.join(" · ")}
      </Button>
      <Dialog
        open={open}
        wide
        onClose={() => setOpen(false)}
        title="Run settings"
        actions={
          <>
            <Button onClick={() => onSettings(DEFAULT_SETTINGS)} disabled={changed.length === 0}>
              As at first
            </Button>
            <Button kind="primary" onClick={() => setOpen(false)}>
              Done
            </Button>
          </>
        }
      >
        {open && <SettingsForm assistantId={assistantId} settings={settings} onSettings={onSettings} />}
      </Dialog>
    </>
  );
}

const DURABILITY = [
  { value: "async", label: "async: while the next step runs" },
  { value: "sync", label: "sync: before the next step runs" },
  { value: "exit", label: "exit: only at the end (history has one entry for a run)" },
] as const;
const MULTITASK = [
  { value: "enqueue", label: "enqueue: waits behind it" },
  { value: "interrupt", label: "interrupt: stops it, keeps what it did" },
  { value: "rollback", label: "rollback: stops it, as if it had not been" },
  { value: "reject", label: "reject: refuses the new one" },
] as const;

function SettingsForm({ assistantId, settings, onSettings }: Props) {
  const schemas = useSchemas(assistantId).data;
  const put = (part: Partial<RunSettings>): void => onSettings({ ...settings, ...part });
  const context: unknown = schemas?.context_schema;
  const [metadata, setMetadata] = useState(Object.keys(settings.metadata).length > 0 ? JSON.stringify(settings.metadata, null, 2) : "");
  const [limit, setLimit] = useState(settings.recursionLimit === null ? "" : String(settings.recursionLimit));
  const limitFault = limit === "" || /^[1-9]\d*$/.test(limit) ? null : "A whole number above 0";
  return (
    <div className="run-settings">
      <fieldset>
        <legend>Context</legend>
        <ContextForm schema={context} value={settings.context} onValue={(value) => put({ context: value })} />
      </fieldset>
      <label>
        Recursion limit
        <input
          inputMode="numeric"
          value={limit}
          placeholder="that of the assistant"
          aria-invalid={limitFault !== null}
          onChange={(event) => {
            const text = event.currentTarget.value.trim();
            setLimit(text);
            if (text === "" || /^[1-9]\d*$/.test(text)) put({ recursionLimit: text === "" ? null : Number(text) });
          }}
        />
        {limitFault !== null && <span className="run-settings-fault">{limitFault}</span>}
      </label>
      <label>
        When a run is already on the thread
        <select value={settings.multitask} onChange={(event) => put({ multitask: MULTITASK.find(({ value }) => value === event.currentTarget.value)?.value ?? "enqueue" })}>
          {MULTITASK.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        Checkpoints are saved
        <select value={settings.durability} onChange={(event) => put({ durability: DURABILITY.find(({ value }) => value === event.currentTarget.value)?.value ?? "async" })}>
          {DURABILITY.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        Tags
        <input
          defaultValue={settings.tags.join(", ")}
          placeholder="one, two"
          onChange={(event) => put({ tags: event.currentTarget.value.split(",").map((tag) => tag.trim()).filter(Boolean) })}
        />
      </label>
      <fieldset>
        <legend>Metadata</legend>
        <JsonEditor
          label="Metadata of runs"
          lines={2}
          text={metadata}
          problem={objectProblem(metadata)}
          onText={(text) => {
            setMetadata(text);
            const read = readTyped(text);
            if (read.ok && isObject(read.value)) put({ metadata: read.value });
          }}
        />
      </fieldset>
      <fieldset>
        <legend>Streamed besides {STREAM_MODES.join(", ")}</legend>
        {EXTRA_MODES.map((mode) => (
          <label key={mode} className="run-settings-check">
            <input
              type="checkbox"
              checked={settings.moreModes.includes(mode)}
              onChange={(event) => put({ moreModes: event.currentTarget.checked ? [...settings.moreModes, mode] : settings.moreModes.filter((one) => one !== mode) })}
            />
            {mode}
          </label>
        ))}
      </fieldset>
    </div>
  );
}

/** What is wrong with JSON that has to be an object; its form is said by the editor itself. */
export function objectProblem(text: string): string | null {
  const read = readTyped(text);
  return read.ok && !isObject(read.value) ? "An object is needed: {…}" : null;
}

function ContextForm({ schema, value, onValue }: { schema: unknown; value: JsonObject; onValue: (value: JsonObject) => void }) {
  const take = (next: Json | undefined): void => {
    if (isObject(next)) onValue(next);
  };
  const [text, setText] = useState(Object.keys(value).length > 0 ? JSON.stringify(value, null, 2) : "");
  if (isObject(schema) && isObject(schema.properties)) {
    return <SchemaForm label="Context" schema={schema} value={Object.keys(value).length > 0 ? value : undefined} onValue={take} />;
  }
  return (
    <>
      <p className="run-settings-hint">The graph declares no context; what stands here is sent all the same.</p>
      <JsonEditor
        label="Context"
        lines={2}
        text={text}
        problem={objectProblem(text)}
        onText={(typed) => {
          setText(typed);
          const read = readTyped(typed);
          if (read.ok) take(read.value);
        }}
      />
    </>
  );
}
