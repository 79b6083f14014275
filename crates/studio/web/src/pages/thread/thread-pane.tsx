// The middle of the workbench: a thread as chat, as state or as timeline, and the composer beneath.

import { ChevronLeft, ChevronRight, Pencil, RotateCcw } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import type { Json } from "../../api/wire.ts";
import { failureOf, type ApiFailure } from "../../api/failure.ts";
import { plainText } from "../../model/message-blocks.ts";
import type { ShownMessage } from "../../model/messages.ts";
import { Button } from "../../parts/button.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { InterruptCards } from "../../parts/interrupt-cards.tsx";
import { JsonView } from "../../parts/json-view.tsx";
import { Pane } from "../../parts/pane.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { StatusDot } from "../../parts/status-dot.tsx";
import { paths } from "../../paths.ts";
import { useProject } from "../../studio.tsx";
import { AuthLens } from "./auth-lens.tsx";
import { Chat, NoMessages, useOrigins } from "./chat.tsx";
import { Composer } from "./composer.tsx";
import { StateTab } from "./state-tab.tsx";
import { ThreadBar } from "./thread-bar.tsx";
import { TimelineTab } from "./timeline-tab.tsx";
import { editedMessage } from "./use-branching.ts";
import type { ThreadPage } from "./use-thread-page.ts";
import "./thread-pane.css";

export function ThreadPane({ page }: { page: ThreadPage }) {
  const { thread, tab, assistantId } = page;
  if (thread.status === "gone") {
    return (
      <Pane label="Thread">
        <GoneThread threadId={page.threadId} />
      </Pane>
    );
  }
  return (
    <Pane label="Thread" className="thread-pane">
      <ThreadBar page={page} />
      {thread.status === "failed" && thread.failure && <RequestProblem caught={thread.failure} what="The thread could not be read" onAgain={thread.again} />}
      {tab === "chat" && <ChatTab page={page} />}
      {tab === "state" && <StateTab page={page} />}
      {tab === "timeline" && <TimelineTab page={page} />}
      {assistantId !== null && page.loaded && (
        <Composer
          graph={page.graph}
          assistantId={assistantId}
          mode={page.mode}
          onMode={page.setMode}
          move={page.move}
          active={page.active !== null || page.control.starting}
          from={page.state.checkpoint}
          undone={page.active === null && page.move === "send" && page.state.next.length > 0 ? page.state.next : []}
          messagesKey={page.messagesKey ?? "messages"}
          questions={page.state.interrupts.length}
          answers={page.answers}
          control={page.control}
          settings={page.settings}
          onSettings={page.setSettings}
          breakpoints={page.breakpoints}
          onClearBreakpoints={page.clearBreakpoints}
          onStarted={() => page.choose(null)}
        />
      )}
    </Pane>
  );
}

/** For who may not see a thread it is not there. */
function GoneThread({ threadId }: { threadId: string | null }) {
  const { auth } = useProject();
  const [asking, setAsking] = useState(false);
  const hidden = auth.configured && threadId !== null;
  return (
    <>
      <Empty title="There is no such thread" action={hidden ? <Button onClick={() => setAsking(true)}>What auth says…</Button> : <Link href={paths.threads()}>All threads</Link>}>
        {hidden ? "It was deleted, was never here, or auth hides it from who asks." : "It was deleted, or was never here."}
      </Empty>
      {asking && hidden && <AuthLens threadId={threadId} onClose={() => setAsking(false)} />}
    </>
  );
}

function ChatTab({ page }: { page: ThreadPage }) {
  const { state, messages, view, control, answers } = page;
  const origins = useOrigins(view, messages);
  const [editing, setEditing] = useState<string | null>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const idle = page.active === null && !control.starting;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setFailure(null);
    try {
      await work();
    } catch (error) {
      setFailure(failureOf(error));
    }
  };
  const resend = (message: ShownMessage, text: string): Promise<void> =>
    attempt(async () => {
      const checkpoint = await page.branching.beforeInput(message.id ?? "");
      const edited: Json = editedMessage(message.raw, text);
      setEditing(null);
      if (await control.start({ kind: "input", input: { [page.messagesKey ?? "messages"]: [edited] } }, { checkpoint })) page.choose(null);
    });
  const regenerate = (message: ShownMessage): Promise<void> =>
    attempt(async () => {
      const checkpoint = await page.branching.before(message.id ?? "");
      if (checkpoint) await page.rerun(checkpoint);
    });
  return (
    <Chat
      key={page.threadId}
      messages={messages}
      origins={origins}
      nothing={
        state.loading || !idle || state.interrupts.length > 0 || page.run?.status === "error" ? null : (
          <NoMessages graph={page.graph} loaded={page.loaded} values={state.values} conversational={page.conversational} onForm={page.mode === "graph" ? null : () => page.setMode("graph")} onState={() => page.setTab("state")} />
        )
      }
      actionsOf={(message) => (
        <>
          <CopyButton text={() => plainText(message.blocks)} label="Copy the message" />
          {idle && message.role === "human" && message.id !== null && (
            <Button kind="quiet" icon aria-label="Edit and send again" onClick={() => setEditing(message.id)}>
              <Pencil />
            </Button>
          )}
          {idle && message.role === "ai" && message.id !== null && (
            <Button kind="quiet" icon aria-label="Answer again" onClick={() => void regenerate(message)}>
              <RotateCcw />
            </Button>
          )}
        </>
      )}
      branchOf={(message) => <BranchSwitch page={page} message={message} />}
      editorOf={(message) =>
        editing !== null && editing === message.id ? <MessageEditor message={message} onSend={(text) => void resend(message, text)} onClose={() => setEditing(null)} /> : null
      }
    >
      <RequestProblem caught={failure} what="The branch was not made" onClose={() => setFailure(null)} />
      <CustomEvents page={page} />
      <Running page={page} />
      {idle && state.interrupts.length > 0 && (
        <InterruptCards
          questions={state.interrupts}
          draftOf={answers.draftOf}
          change={answers.change}
          busy={control.starting}
          onResume={() => {
            if (answers.resume !== null) void control.start({ kind: "resume", value: answers.resume });
          }}
        />
      )}
      {page.waiting.length > 0 && (
        <p className="chat-running">
          <StatusDot tone="wait" /> Stopped before {page.waiting.join(", ")}
        </p>
      )}
      <Failure page={page} />
    </Chat>
  );
}

function BranchSwitch({ page, message }: { page: ThreadPage; message: ShownMessage }) {
  const place = page.branching.placeOf(message);
  if (!place) return null;
  const to = (id: string | null): void => {
    if (id === null) return;
    const tip = page.branching.tipOf(id);
    page.choose(tip === page.history.tree.rows[0]?.checkpoint.checkpoint_id ? null : tip);
  };
  return (
    <span className="message-branch" role="group" aria-label="Branches">
      <Button kind="quiet" icon aria-label="Previous branch" disabled={place.previous === null} onClick={() => to(place.previous)}>
        <ChevronLeft />
      </Button>
      {place.n}/{place.of}
      <Button kind="quiet" icon aria-label="Next branch" disabled={place.next === null} onClick={() => to(place.next)}>
        <ChevronRight />
      </Button>
    </span>
  );
}

function MessageEditor({ message, onSend, onClose }: { message: ShownMessage; onSend: (text: string) => void; onClose: () => void }) {
  const [text, setText] = useState(() => plainText(message.blocks));
  return (
    <div className="chat-edit">
      <textarea
        aria-label="Message, edited"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            onSend(text);
          }
        }}
      />
      <div className="chat-edit-row">
        <Button kind="primary" onClick={() => onSend(text)}>
          Send as a new branch
        </Button>
        <Button onClick={onClose}>Keep as it is</Button>
      </div>
    </div>
  );
}

/** Which nodes execute at this moment. */
function Running({ page }: { page: ThreadPage }) {
  if (page.active === null || page.state.checkpoint !== null) return null;
  const nodes = page.steps.filter((step) => step.status === "running").map((step) => step.node);
  const words = page.active.status === "pending" ? "waits for its turn" : nodes.length > 0 ? [...new Set(nodes)].join(", ") : "starting";
  return (
    <p className="chat-running" role="status">
      <StatusDot tone="run" /> {words}
    </p>
  );
}

function CustomEvents({ page }: { page: ThreadPage }) {
  const newest = page.view.runs.at(-1)?.runId;
  const events = page.view.custom.filter((event) => event.runId === newest);
  if (events.length === 0 || page.state.checkpoint !== null) return null;
  return (
    <details className="chat-custom">
      <summary>{events.length === 1 ? "1 custom event" : `${events.length} custom events`}</summary>
      <JsonView value={events.map((event) => event.data)} label="Custom events" />
    </details>
  );
}

/** Why the newest run failed; it stays until the next one starts. */
function Failure({ page }: { page: ThreadPage }) {
  const { run, thread, view } = page;
  if (page.state.checkpoint !== null || run === null || (run.status !== "error" && run.status !== "timeout")) return null;
  const diagnostic = thread.record?.run_id === run.run_id ? thread.record.error : null;
  if (diagnostic) return <ErrorCard diagnostic={diagnostic} />;
  const said = view.runs.find((one) => one.runId === run.run_id)?.error;
  return (
    <section className="thread-failed" role="alert">
      <b>The run {run.status === "timeout" ? "ran out of time" : "failed"}</b>
      {said && <span>{said}</span>}
    </section>
  );
}
