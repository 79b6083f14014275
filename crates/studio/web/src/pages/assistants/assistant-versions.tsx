// The versions of an assistant, newest first: what each changed, and going back to one.
import type { Assistant, AssistantVersion } from "@langchain/langgraph-sdk";
import { useState } from "react";
import { useRestoreVersion, useVersions } from "../../api/use-assistant.ts";
import { versionFacts } from "../../model/assistant-draft.ts";
import { differingKeys } from "../../model/run-alignment.ts";
import { diffStates } from "../../model/state-diff.ts";
import { Button } from "../../parts/button.tsx";
import { DiffView } from "../../parts/diff-view.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { JsonView } from "../../parts/json-view.tsx";
import { Moment } from "../../parts/moment.tsx";
import { useToast } from "../../parts/toast.tsx";
import "./assistant-versions.css";

export function AssistantVersions({ assistant }: { assistant: Assistant }) {
  const { data: versions, error } = useVersions(assistant.assistant_id);
  const [open, setOpen] = useState<number | null>(null);
  const sorted = (versions ?? []).toSorted((one, other) => other.version - one.version);
  return (
    <section className="versions" aria-label="Versions">
      <h3 className="versions-title">Versions</h3>
      <RequestProblem caught={error} what="The versions could not be listed" />
      <ol className="versions-list" reversed>
        {sorted.map((version, place) => (
          <li key={version.version} className="version" data-version={version.version}>
            <button
              type="button"
              className="version-head"
              aria-expanded={open === version.version}
              onClick={() => setOpen(open === version.version ? null : version.version)}
            >
              <b>v{version.version}</b>
              <Moment at={version.created_at} />
              {version.version === assistant.version && <span className="version-now">in effect</span>}
            </button>
            <p className="version-change">{summary(version, sorted[place + 1])}</p>
            {open === version.version && <VersionBody assistant={assistant} version={version} before={sorted[place + 1]} />}
          </li>
        ))}
      </ol>
    </section>
  );
}

interface BodyProps {
  assistant: Assistant;
  version: AssistantVersion;
  before: AssistantVersion | undefined;
}

/** What it changed, and from what is in effect now what going back to it would change. */
function VersionBody({ assistant, version, before }: BodyProps) {
  const restore = useRestoreVersion(assistant.assistant_id);
  const toast = useToast();
  return (
    <div className="version-body">
      {before === undefined ? (
        <JsonView value={versionFacts(version)} label={`Version ${version.version}`} />
      ) : (
        <>
          <h4>What it changed</h4>
          <DiffView changes={diffStates(versionFacts(before), versionFacts(version))} />
        </>
      )}
      {version.version !== assistant.version && (
        <>
          <h4>Going back would change</h4>
          <DiffView changes={diffStates(versionFacts(assistant), versionFacts(version))} />
        </>
      )}
      <RequestProblem caught={restore.error} what="The version was not restored" />
      {version.version !== assistant.version && (
        <Button
          disabled={restore.isPending}
          onClick={() => restore.mutate(version.version, { onSuccess: () => toast({ text: `Version ${version.version} is in effect` }) })}
        >
          Go back to version {version.version}
        </Button>
      )}
    </div>
  );
}

/** Which facts are others than in the version before. */
function summary(version: AssistantVersion, before: AssistantVersion | undefined): string {
  if (before === undefined) return "created";
  const keys = differingKeys(versionFacts(version), versionFacts(before));
  return keys.length === 0 ? "the same as before" : keys.join(", ");
}
