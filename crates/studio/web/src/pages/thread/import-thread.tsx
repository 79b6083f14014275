// Makes a thread of a file that was exported here: the same steps, in a new thread.

import { Upload } from "lucide-react";
import { useRef, useState } from "react";
import { useLocation } from "wouter";
import { failureOf, ApiFailure } from "../../api/failure.ts";
import type { Json } from "../../api/wire.ts";
import { importedMetadata, readBundle, superstepsOf, type ThreadBundle } from "../../model/thread-bundle.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { paths } from "../../paths.ts";
import { useClient, useProject } from "../../studio.tsx";

/** What the SDK's type of an update is narrower about: values are any JSON. */
type Supersteps = { updates: { values: Json; asNode: string }[] }[];

export function ImportThread() {
  const client = useClient();
  const { graphs } = useProject();
  const [, go] = useLocation();
  const input = useRef<HTMLInputElement>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const make = async (bundle: ThreadBundle): Promise<void> => {
    const graph = bundle.graph_id;
    if (graph === null || !graphs.some((one) => one.id === graph)) {
      throw new ApiFailure(0, `The thread is of the graph “${graph ?? "?"}”, which this project does not have`);
    }
    const supersteps: Supersteps = superstepsOf(bundle).map((step) => ({ updates: step.updates.map((update) => ({ values: update.values, asNode: update.as_node })) }));
    const made = await client.threads.create({ metadata: importedMetadata(bundle), graphId: graph, supersteps });
    go(paths.thread(made.thread_id));
  };
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setFailure(null);
    try {
      const read = readBundle(await file.text());
      if (!read.ok) throw new ApiFailure(0, read.why);
      await make(read.bundle);
    } catch (error) {
      setFailure(failureOf(error));
    }
  };
  return (
    <>
      <Button kind="quiet" onClick={() => input.current?.click()} title="A thread that was exported as JSON">
        <Upload /> Import
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        accept="application/json,.json"
        aria-label="Thread to import"
        onChange={(event) => {
          void take(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      <Dialog open={failure !== null} onClose={() => setFailure(null)} title="The thread was not imported" actions={<Button onClick={() => setFailure(null)}>Close</Button>}>
        <RequestProblem caught={failure} what={failure && failure.status > 0 ? "The server refused it" : "The file cannot be used"} />
      </Dialog>
    </>
  );
}
