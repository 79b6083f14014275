// Above a thread: which view of it, how its run stands, and what can be copied or done with it as a whole.

import { Code, Plus } from "lucide-react";
import { useId } from "react";
import { useLocation } from "wouter";
import type { JsonObject, RunSummary } from "../../api/wire.ts";
import { isObject } from "../../model/json.ts";
import { generationWords, isOfOlderCode } from "../../model/run-generation.ts";
import { runBody } from "../../model/run-request.ts";
import { LANGUAGES, snippet, type Language } from "../../model/snippets.ts";
import { Button } from "../../parts/button.tsx";
import { Elapsed } from "../../parts/elapsed.tsx";
import { Bar } from "../../parts/pane.tsx";
import { Seg } from "../../parts/seg.tsx";
import { StatusDot, toneOf } from "../../parts/status-dot.tsx";
import { useToast } from "../../parts/toast.tsx";
import { paths } from "../../paths.ts";
import { useIdentity, useProject } from "../../studio.tsx";
import { ThreadMenu } from "./thread-menu.tsx";
import type { ThreadPage } from "./use-thread-page.ts";

const TABS = [
  { value: "chat", label: "Chat" },
  { value: "state", label: "State" },
  { value: "timeline", label: "Timeline" },
] as const;

export function ThreadBar({ page }: { page: ThreadPage }) {
  return (
    <Bar
      actions={
        <>
          <RunState page={page} />
          <CopyAs page={page} />
          {page.threadId !== null && <NewThread page={page} />}
          {page.threadId !== null && <ThreadMenu page={page} threadId={page.threadId} />}
        </>
      }
    >
      <Seg label="View of the thread" options={TABS} value={page.tab} onChange={page.setTab} />
    </Bar>
  );
}

/** `interrupted · 2.1 s`, and what is out of the ordinary: older code, another attempt. */
function RunState({ page }: { page: ThreadPage }) {
  const { generation } = useProject();
  const { run, state } = page;
  if (state.checkpoint !== null) {
    return (
      <>
        <span className="thread-status">an earlier step</span>
        <Button kind="quiet" onClick={() => page.choose(null)}>
          To the newest
        </Button>
      </>
    );
  }
  if (run === null) return null;
  const waits = page.active === null && (state.interrupts.length > 0 || page.waiting.length > 0);
  const word = page.active === null && waits && run.status !== "error" ? "interrupted" : run.status;
  return (
    <>
      {isOfOlderCode(run, generation) && (
        <span className="thread-badge" title={page.active === null ? "The code of now is newer than the code that executed this run" : "It was started before your edit, and goes on with the code of then"}>
          generation {generationWords(run)}
          {page.active !== null && <span className="thread-wide">, started before your edit</span>}
        </span>
      )}
      {run.attempt > 1 && <span className="thread-badge">attempt {run.attempt}</span>}
      <span className="thread-status" data-run={run.run_id} data-run-status={run.status}>
        <StatusDot tone={toneOf(word)} />
        <span>
          {word}
          {run.started_at !== null && (
            <span className="thread-took">
              {" · "}
              <Elapsed from={run.started_at} to={run.ended_at} />
            </span>
          )}
          {run.queue_position !== null && ` · ${run.queue_position}. in the queue`}
        </span>
      </span>
    </>
  );
}

/** The request that the newest run was asked for with, else the one that would be sent. */
function bodyOf(page: ThreadPage, run: RunSummary | null): JsonObject {
  const kwargs = page.thread.record?.run_id === run?.run_id ? page.thread.record?.kwargs : undefined;
  const body = runBody({
    assistantId: page.assistantId ?? page.graph,
    start: isObject(kwargs?.command) && "resume" in kwargs.command ? { kind: "resume", value: kwargs.command.resume ?? null } : isObject(kwargs?.input) ? { kind: "input", input: kwargs.input } : { kind: "continue" },
    settings: page.settings,
    breakpoints: page.breakpoints,
    step: false,
    checkpoint: null,
  });
  return body;
}

function CopyAs({ page }: { page: ThreadPage }) {
  const id = useId();
  const toast = useToast();
  const { api_prefix: prefix } = useProject();
  const { headers } = useIdentity();
  const copy = async (language: Language, name: string): Promise<void> => {
    const text = snippet(language, {
      url: location.origin + prefix,
      threadId: page.threadId,
      how: "stream",
      body: bodyOf(page, page.run),
      headers: Object.keys(headers ?? {}),
    });
    await navigator.clipboard.writeText(text);
    document.getElementById(id)?.hidePopover();
    toast({ text: `The request is copied as ${name}` });
  };
  return (
    <>
      <button type="button" className="button button-quiet" aria-label="Copy as…" title="The request of the newest run as curl, Python or JavaScript" popoverTarget={id} style={{ anchorName: `--${CSS.escape(id)}` }}>
        <Code />
        <span className="thread-wide">Copy as…</span>
      </button>
      <div id={id} popover="auto" className="thread-menu" style={{ positionAnchor: `--${CSS.escape(id)}`, positionArea: "bottom span-left", margin: 0 }}>
        {LANGUAGES.map(({ language, name }) => (
          <Button key={language} kind="quiet" onClick={() => void copy(language, name)}>
            {name}
          </Button>
        ))}
      </div>
    </>
  );
}

function NewThread({ page }: { page: ThreadPage }) {
  const [, go] = useLocation();
  return (
    <Button kind="quiet" icon aria-label="New thread" onClick={() => go(paths.graph(page.graph, { assistant: page.assistantId }))}>
      <Plus />
    </Button>
  );
}
