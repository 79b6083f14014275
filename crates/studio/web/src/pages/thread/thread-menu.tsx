// What can be done with a thread as a whole, behind the three dots.

import { MoreHorizontal } from "lucide-react";
import { useId, useState } from "react";
import { useLocation } from "wouter";
import { threadName } from "../../api/use-threads.ts";
import type { JsonObject } from "../../api/wire.ts";
import { isObject } from "../../model/json.ts";
import { bundleName, bundleOf } from "../../model/thread-bundle.ts";
import { Button } from "../../parts/button.tsx";
import { useToast } from "../../parts/toast.tsx";
import { paths } from "../../paths.ts";
import { useClient, useProject } from "../../studio.tsx";
import { DeleteThreads, RenameThread } from "../threads/thread-dialogs.tsx";
import { AuthLens } from "./auth-lens.tsx";
import { ThreadStorage } from "./thread-storage.tsx";
import type { ThreadPage } from "./use-thread-page.ts";

const MOST_STATES = 1000;

export function ThreadMenu({ page, threadId }: { page: ThreadPage; threadId: string }) {
  const id = useId();
  const client = useClient();
  const toast = useToast();
  const [, go] = useLocation();
  const { auth } = useProject();
  const [doing, setDoing] = useState<"rename" | "delete" | "storage" | "auth" | null>(null);
  const close = (): void => document.getElementById(id)?.hidePopover();
  const save = async (): Promise<void> => {
    close();
    const [thread, states, runs] = await Promise.all([
      client.threads.get(threadId),
      client.threads.getHistory(threadId, { limit: MOST_STATES }),
      client.runs.list(threadId, { limit: MOST_STATES }),
    ]);
    // What the SDK has types for came as JSON, and goes into the file as it came.
    const bundle = bundleOf(thread as unknown as JsonObject, states as unknown as JsonObject[], runs as unknown as JsonObject[], new Date().toISOString());
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(bundle, null, 2)], { type: "application/json" }));
    link.download = bundleName(bundle);
    link.click();
    URL.revokeObjectURL(link.href);
    toast({ text: `The thread is saved with ${states.length} steps` });
  };
  const copy = async (): Promise<void> => {
    close();
    const made: unknown = await client.threads.copy(threadId);
    const copied = isObject(made) ? made.thread_id : null;
    if (typeof copied === "string") go(paths.thread(copied));
  };
  return (
    <>
      <button type="button" className="button button-quiet button-icon" aria-label="More about this thread" popoverTarget={id} style={{ anchorName: `--${CSS.escape(id)}` }}>
        <MoreHorizontal />
      </button>
      <div id={id} popover="auto" className="thread-menu" style={{ positionAnchor: `--${CSS.escape(id)}`, positionArea: "bottom span-left", margin: 0 }}>
        <Button
          kind="quiet"
          onClick={() => {
            close();
            setDoing("rename");
          }}
        >
          Rename…
        </Button>
        <Button kind="quiet" onClick={() => void copy()}>
          Copy the thread
        </Button>
        <Button kind="quiet" onClick={() => void save()}>
          Export as JSON
        </Button>
        <Button
          kind="quiet"
          onClick={() => {
            close();
            setDoing("storage");
          }}
        >
          What it takes…
        </Button>
        {auth.configured && (
          <Button
            kind="quiet"
            onClick={() => {
              close();
              setDoing("auth");
            }}
          >
            What auth says…
          </Button>
        )}
        <Button
          kind="quiet"
          onClick={() => {
            close();
            setDoing("delete");
          }}
        >
          Delete…
        </Button>
      </div>
      {doing === "rename" && <RenameThread row={{ id: threadId, name: threadName(page.thread.metadata) }} onClose={() => setDoing(null)} />}
      {doing === "storage" && <ThreadStorage threadId={threadId} busy={page.active !== null} onClose={() => setDoing(null)} />}
      {doing === "auth" && <AuthLens threadId={threadId} onClose={() => setDoing(null)} />}
      <DeleteThreads ids={doing === "delete" ? [threadId] : []} onClose={() => setDoing(null)} onDone={() => go(paths.threads())} />
    </>
  );
}
