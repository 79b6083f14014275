// What a run was asked for with, as the server keeps it, and as code that asks for the same.
import { useState } from "react";
import type { RunRecord } from "../../api/wire.ts";
import { requestBody } from "../../model/run-again.ts";
import { type Language, LANGUAGES, snippet } from "../../model/snippets.ts";
import { CopyButton } from "../../parts/copy-button.tsx";
import { JsonView } from "../../parts/json-view.tsx";
import { Seg } from "../../parts/seg.tsx";
import { useProject } from "../../studio.tsx";

export function RequestView({ run }: { run: RunRecord }) {
  const { api_prefix } = useProject();
  const [language, setLanguage] = useState<Language>("curl");
  const code = snippet(language, { url: location.origin + api_prefix, threadId: run.thread_id, how: "stream", body: requestBody(run) });
  return (
    <div className="run-scroll">
      <div className="request-head">
        <h3>The same as code</h3>
        <Seg label="Language" options={LANGUAGES.map((one) => ({ value: one.language, label: one.name }))} value={language} onChange={setLanguage} />
        <CopyButton text={code} label="Copy the code" />
      </div>
      {/* It scrolls: the keyboard has to reach it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="request-code" role="group" aria-label="The same as code" tabIndex={0}>
        {code}
      </pre>
      <h3>As the server keeps it</h3>
      <JsonView value={run.kwargs} label="Request" />
      {Object.keys(run.metadata).length > 0 && (
        <>
          <h3>Metadata</h3>
          <JsonView value={run.metadata} label="Metadata" />
        </>
      )}
    </div>
  );
}
