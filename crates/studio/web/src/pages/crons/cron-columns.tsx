// What the table says of a cron, and what can be done with it there.
import type { Cron } from "@langchain/langgraph-sdk";
import { Pencil, Trash2 } from "lucide-react";
import { Link } from "wouter";
import { useChangeCron } from "../../api/use-crons.ts";
import { inZone } from "../../model/cron-draft.ts";
import { shortId } from "../../model/format.ts";
import { Button } from "../../parts/button.tsx";
import { Moment } from "../../parts/moment.tsx";
import { StatusDot } from "../../parts/status-dot.tsx";
import type { Column } from "../../parts/table.tsx";
import { useToast } from "../../parts/toast.tsx";
import { paths } from "../../paths.ts";
import "./crons.css";

interface Deeds {
  edit: (cron: Cron) => void;
  remove: (cron: Cron) => void;
}

export type AssistantNames = ReadonlyMap<string, { graph: string; name: string }>;

export function cronColumns(names: AssistantNames, { edit, remove }: Deeds): Column<Cron>[] {
  return [
    { key: "enabled", head: "State", width: "88px", cell: (cron) => <Pausing cron={cron} /> },
    {
      key: "assistant",
      head: "Assistant",
      width: "minmax(90px, 1fr)",
      cell: (cron) => {
        const assistant = names.get(cron.assistant_id);
        return (
          <span className="cron-two" title={cron.assistant_id}>
            <b>{assistant?.graph ?? shortId(cron.assistant_id)}</b>
            <small>{assistant?.name}</small>
          </span>
        );
      },
    },
    {
      key: "schedule",
      head: "Schedule",
      width: "minmax(110px, 1fr)",
      cell: (cron) => (
        <span className="cron-two">
          <code>{cron.schedule}</code>
          <small>{cron.timezone ?? "UTC"}</small>
        </span>
      ),
    },
    {
      key: "next",
      head: "Fires next",
      width: "minmax(178px, 1.4fr)",
      from: 520,
      cell: (cron) => <Next cron={cron} />,
    },
    {
      key: "thread",
      head: "Thread",
      width: "100px",
      from: 760,
      cell: (cron) =>
        cron.thread_id ? (
          <Link href={paths.thread(cron.thread_id)} title={cron.thread_id}>
            <code>{shortId(cron.thread_id)}</code>
          </Link>
        ) : (
          <span className="cron-quiet" title={cron.on_run_completed === "keep" ? "Each run gets a thread of its own" : "Each run gets a thread of its own, which is deleted when it is over"}>{cron.on_run_completed === "keep" ? "new, kept" : "new, not kept"}</span>
        ),
    },
    {
      key: "runs",
      head: "Runs",
      width: "90px",
      from: 900,
      cell: (cron) => (
        <Link href={paths.runs({ cron: cron.cron_id })}>Its runs</Link>
      ),
    },
    { key: "ends", head: "Ends", width: "100px", end: true, from: 1000, cell: (cron) => <Moment at={cron.end_time ?? null} none="never" /> },
    {
      key: "deeds",
      head: "",
      width: "60px",
      end: true,
      cell: (cron) => (
        <>
          <Button kind="quiet" icon aria-label="Edit" onClick={() => edit(cron)}>
            <Pencil />
          </Button>
          <Button kind="quiet" icon aria-label="Delete" onClick={() => remove(cron)}>
            <Trash2 />
          </Button>
        </>
      ),
    },
  ];
}

function Next({ cron }: { cron: Cron }) {
  if (!cron.enabled) return <span className="cron-quiet">paused</span>;
  if (!cron.next_run_date) return <span className="cron-quiet">not any more</span>;
  return (
    <time dateTime={cron.next_run_date} title={`${new Date(cron.next_run_date).toLocaleString()} here`}>
      {inZone(cron.next_run_date, cron.timezone)}
    </time>
  );
}

/** A switch: on while the cron fires. */
function Pausing({ cron }: { cron: Cron }) {
  const change = useChangeCron();
  const toast = useToast();
  return (
    <button
      type="button"
      role="switch"
      aria-checked={cron.enabled}
      aria-label={cron.enabled ? "Fires: press to pause" : "Paused: press to resume"}
      className="cron-switch"
      disabled={change.isPending}
      onClick={() =>
        change.mutate(
          { cron, patch: { enabled: !cron.enabled } },
          { onError: (error) => toast({ text: `It was not changed: ${error.message}`, tone: "bad", stays: true }) },
        )
      }
    >
      <StatusDot tone={cron.enabled ? "ok" : "idle"} />
      {cron.enabled ? "on" : "paused"}
    </button>
  );
}
