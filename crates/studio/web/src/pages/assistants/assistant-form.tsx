// What an assistant's runs get, as fields; saving makes a version.
import type { Assistant, GraphSchema } from "@langchain/langgraph-sdk";
import { useState } from "react";
import { useSaveAssistant, useSchemas, useVersions } from "../../api/use-assistant.ts";
import type { JsonObject } from "../../api/wire.ts";
import { type AssistantDraft, changedFields, draftFaults, draftOf, objectOf, patchOf } from "../../model/assistant-draft.ts";
import { Button } from "../../parts/button.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { JsonField, TextField } from "../../parts/field.tsx";
import { useToast } from "../../parts/toast.tsx";
import { ContextField } from "./context-field.tsx";
import "./assistant-form.css";

/** Older graphs declare what is configurable in place of a context. */
function schemaOf(schemas: GraphSchema | undefined): JsonObject | null {
  const schema = schemas?.context_schema ?? schemas?.config_schema;
  return schema ? objectOf(schema) : null;
}

const NAMES: Record<keyof AssistantDraft, string> = {
  name: "name",
  description: "description",
  recursionLimit: "recursion limit",
  context: "context",
  config: "configuration",
  metadata: "metadata",
};

export function AssistantForm({ assistant }: { assistant: Assistant }) {
  const [draft, setDraft] = useState(() => draftOf(assistant));
  const { data: schemas } = useSchemas(assistant.assistant_id);
  const save = useSaveAssistant(assistant.assistant_id);
  const toast = useToast();
  const { data: versions } = useVersions(assistant.assistant_id);
  // After going back to an older one the next is still the one after the newest.
  const next = Math.max(assistant.version, ...(versions ?? []).map((one) => one.version)) + 1;
  const faults = draftFaults(draft, assistant);
  const [formFaulty, setFormFaulty] = useState(false);
  const sound = Object.keys(faults).length === 0 && !formFaulty;
  const changed = sound ? changedFields(draft, assistant) : [];
  const set = (field: keyof AssistantDraft) => (value: string) => setDraft((before) => ({ ...before, [field]: value }));
  function submit() {
    save.mutate(patchOf(draft, assistant), {
      onSuccess: ({ version }) => toast({ text: `Saved as version ${version}` }),
    });
  }
  return (
    <form
      className="assistant-form"
      aria-label="Settings of the assistant"
      onSubmit={(event) => {
        event.preventDefault();
        if (sound && changed.length > 0 && !save.isPending) submit();
      }}
    >
      <TextField label="Name" value={draft.name} onChange={set("name")} fault={faults.name} />
      <TextField label="Description" value={draft.description} onChange={set("description")} placeholder="What it is for; agents that call it read this" />
      <ContextField schema={schemaOf(schemas)} value={draft.context} onChange={set("context")} onFault={setFormFaulty} fault={faults.context} />
      <TextField
        label="Recursion limit"
        value={draft.recursionLimit}
        onChange={set("recursionLimit")}
        fault={faults.recursionLimit}
        hint="How many steps a run may take; langgraph's own limit when empty."
        inputMode="numeric"
      />
      <JsonField label="Further configuration" value={draft.config} onChange={set("config")} fault={faults.config} hint="As runs get it beside the context: tags, for example." />
      <JsonField label="Metadata" value={draft.metadata} onChange={set("metadata")} fault={faults.metadata} hint="What assistants are searched by." />
      <RequestProblem caught={save.error} what="It was not saved" />
      <footer className="assistant-save">
        <span role="status">
          {sound ? (changed.length > 0 ? `Changed: ${changed.map((field) => NAMES[field]).join(", ")}` : "As saved") : "Something above has to be mended first"}
        </span>
        {(changed.length > 0 || !sound) && (
          <Button kind="quiet" onClick={() => {
              setDraft(draftOf(assistant));
              setFormFaulty(false);
            }}>
            Undo changes
          </Button>
        )}
        <Button kind="primary" type="submit" disabled={!sound || changed.length === 0 || save.isPending}>
          Save as version {next}
        </Button>
      </footer>
    </form>
  );
}
