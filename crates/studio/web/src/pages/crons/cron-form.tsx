// Makes a cron, or changes one.
import type { Cron } from "@langchain/langgraph-sdk";
import { useId, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { nameOf, useAssistants, useChosen } from "../../api/use-assistants.ts";
import { useChangeCron, useCreateCron, useScheduleTimes } from "../../api/use-crons.ts";
import { creationOf, type CronDraft, cronDraft, cronFaults, cronPatchOf, newCron, PRESETS } from "../../model/cron-draft.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { Field, JsonField, TextField } from "../../parts/field.tsx";
import { ScheduleTimes } from "./schedule-times.tsx";

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

export function CronForm({ cron, onClose }: { cron: Cron | null; onClose: () => void }) {
  const chosen = useChosen().assistant;
  const [draft, setDraft] = useState(() => (cron === null ? newCron(chosen?.assistant_id ?? "") : cronDraft(cron)));
  const create = useCreateCron();
  const change = useChangeCron();
  const faults = cronFaults(draft);
  const set = (field: keyof CronDraft) => (value: string) => setDraft((before) => ({ ...before, [field]: value }));
  function save() {
    if (cron === null) create.mutate(creationOf(draft), { onSuccess: onClose });
    else {
      const patch = cronPatchOf(draft, cron);
      if (Object.keys(patch).length === 0) onClose();
      else change.mutate({ cron, patch }, { onSuccess: onClose });
    }
  }
  const times = useScheduleTimes(draft.schedule.trim(), draft.timezone.trim(), draft.endTime.trim());
  const refused = times.error !== null && [400, 422].includes(failureOf(times.error).status);
  const busy = create.isPending || change.isPending;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={cron === null ? "New cron" : "Change the cron"}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={Object.keys(faults).length > 0 || refused || busy} onClick={save}>
            {cron === null ? "Create" : "Save"}
          </Button>
        </>
      }
    >
      <div className="cron-form">
        <AssistantField draft={draft} fixed={cron !== null} onChange={set("assistantId")} />
        <TextField
          label="Thread"
          value={draft.threadId}
          onChange={cron === null ? set("threadId") : () => undefined}
          fault={faults.threadId}
          placeholder="A new one for each run"
          hint={cron === null ? "Its id, for runs that go on where the last one ended." : "This stays as it was made."}
        />
        <ScheduleFields draft={draft} fault={faults.schedule} set={set} />
        <ScheduleTimes schedule={draft.schedule} timezone={draft.timezone} endTime={draft.endTime} />
        <div className="cron-wide">
          <JsonField label="Input" value={draft.input} onChange={set("input")} fault={faults.input} rows={4} hint="What the graph gets each time; most graphs fail without any." />
        </div>
        {draft.threadId.trim() === "" && (
          <Field label="When a run is over">
            {(ties) => (
              <select {...ties} value={draft.onRunCompleted} onChange={(event) => set("onRunCompleted")(event.target.value)}>
                <option value="keep">Keep its thread</option>
                <option value="delete">Delete its thread</option>
              </select>
            )}
          </Field>
        )}
        <div className="cron-wide">
          <RequestProblem caught={create.error ?? change.error} what={cron === null ? "The cron was not created" : "The cron was not saved"} />
        </div>
      </div>
    </Dialog>
  );
}

function AssistantField({ draft, fixed, onChange }: { draft: CronDraft; fixed: boolean; onChange: (id: string) => void }) {
  const { data: assistants } = useAssistants();
  return (
    <Field label="Runs" hint={fixed ? "This stays as it was made." : undefined}>
      {(ties) => (
        <select {...ties} value={draft.assistantId} disabled={fixed} onChange={(event) => onChange(event.target.value)}>
          {(assistants ?? []).map((one) => (
            <option key={one.assistant_id} value={one.assistant_id}>
              {one.graph_id} · {nameOf(one)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface ScheduleProps {
  draft: CronDraft;
  fault: string | undefined;
  set: (field: keyof CronDraft) => (value: string) => void;
}

function ScheduleFields({ draft, fault, set }: ScheduleProps) {
  const zones = useId();
  return (
    <div className="cron-schedule">
      <TextField
        label="Schedule"
        value={draft.schedule}
        onChange={set("schedule")}
        fault={fault}
        hint="Minute, hour, day of month, month, day of week; then seconds and a year if need be."
      />
      <div className="cron-presets" role="group" aria-label="Common schedules">
        {PRESETS.map(({ words, schedule }) => (
          <button key={schedule} type="button" aria-pressed={draft.schedule.trim() === schedule} onClick={() => set("schedule")(schedule)}>
            {words}
          </button>
        ))}
      </div>
      <TextField label="Time zone" value={draft.timezone} onChange={set("timezone")} placeholder="UTC" list={zones} />
      <datalist id={zones}>
        {ZONES.map((zone) => (
          <option key={zone}>{zone}</option>
        ))}
      </datalist>
      <TextField label="Ends" value={draft.endTime} onChange={set("endTime")} placeholder="Never" hint="ISO 8601; without an offset a time of the zone: 2027-01-31T18:00" />
    </div>
  );
}
