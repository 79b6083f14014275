// By what runs are narrowed; it stands in the address, so that a link shows the same.
import { X } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { shortId } from "../../model/format.ts";
import { RUN_STATUSES, SPANS } from "../../model/run-conditions.ts";
import { Button } from "../../parts/button.tsx";
import { useProject } from "../../studio.tsx";
import "./run-filters.css";

const NAMES = ["status", "graph", "thread", "cron", "since"] as const;

export function RunFilters() {
  const [search, setSearch] = useSearchParams();
  const { graphs } = useProject();
  const set = (name: (typeof NAMES)[number], value: string) =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (value === "") next.delete(name);
      else next.set(name, value);
      return next;
    });
  return (
    <div className="run-filters" role="search" aria-label="Which runs">
      <Choice label="Status" value={search.get("status") ?? ""} all="Any status" options={RUN_STATUSES.map((one) => [one, one])} onChange={(value) => set("status", value)} />
      <Choice label="Graph" value={search.get("graph") ?? ""} all="Any graph" options={graphs.map(({ id }) => [id, id])} onChange={(value) => set("graph", value)} />
      <Choice label="Time" value={search.get("since") ?? ""} all="Any time" options={SPANS.map(({ name, words }) => [name, words])} onChange={(value) => set("since", value)} />
      <ThreadFilter key={search.get("thread")} thread={search.get("thread") ?? ""} onChange={(value) => set("thread", value)} />
      {search.has("cron") && (
        <Button aria-label="Of any cron" title={search.get("cron") ?? undefined} onClick={() => set("cron", "")}>
          cron {shortId(search.get("cron") ?? "")} <X />
        </Button>
      )}
      {NAMES.some((name) => search.has(name)) && (
        <Button kind="quiet" onClick={() => setSearch({})}>
          Show all
        </Button>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  all: string;
  options: (readonly [string, string])[];
  onChange: (value: string) => void;
}

function Choice({ label, value, all, options, onChange }: ChoiceProps) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{all}</option>
      {options.map(([option, words]) => (
        <option key={option} value={option}>
          {words}
        </option>
      ))}
    </select>
  );
}

function ThreadFilter({ thread, onChange }: { thread: string; onChange: (thread: string) => void }) {
  const [typed, setTyped] = useState(thread);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onChange(typed.trim());
      }}
    >
      <input
        type="search"
        aria-label="Thread"
        placeholder="Thread id"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => typed.trim() !== thread && onChange(typed.trim())}
      />
    </form>
  );
}
