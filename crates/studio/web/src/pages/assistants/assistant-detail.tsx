// One assistant: what it is, its form at the left, its versions at the right.
import type { Assistant } from "@langchain/langgraph-sdk";
import { Copy, Play, Trash2 } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { useAssistant, useCopyAssistant, useDeleteAssistant } from "../../api/use-assistant.ts";
import { isDefault, nameOf } from "../../api/use-assistants.ts";
import { shortId } from "../../model/format.ts";
import { Button } from "../../parts/button.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { Bar } from "../../parts/pane.tsx";
import { useToast } from "../../parts/toast.tsx";
import { paths } from "../../paths.ts";
import { useStudio } from "../../studio.tsx";
import { AssistantForm } from "./assistant-form.tsx";
import { AssistantVersions } from "./assistant-versions.tsx";
import "./assistant-detail.css";

export function AssistantDetail({ id }: { id: string }) {
  const { data: assistant, error } = useAssistant(id);
  if (error !== null) {
    return (
      <div className="assistant-failure">
        <RequestProblem caught={error} what="The assistant could not be read" />
      </div>
    );
  }
  if (assistant === undefined) return null;
  return (
    <>
      <Bar title={nameOf(assistant)} note={<code>{assistant.graph_id}</code>} actions={<Actions assistant={assistant} />} />
      <div className="assistant-detail">
        <AssistantForm key={assistant.version} assistant={assistant} />
        <AssistantVersions assistant={assistant} />
      </div>
    </>
  );
}

function Actions({ assistant }: { assistant: Assistant }) {
  const { storage } = useStudio();
  const [, go] = useLocation();
  const toast = useToast();
  const copy = useCopyAssistant();
  const [asking, setAsking] = useState(false);
  function use() {
    storage.set("graph", assistant.graph_id);
    storage.set(`assistant:${assistant.graph_id}`, assistant.assistant_id);
    go(paths.graph(assistant.graph_id, { assistant: assistant.assistant_id }));
  }
  return (
    <>
      <code className="assistant-id" title={assistant.assistant_id}>
        {shortId(assistant.assistant_id)}
      </code>
      <CopyButton text={assistant.assistant_id} label="Copy the assistant's id" />
      <Button
        kind="quiet"
        onClick={() =>
          copy.mutate(assistant, {
            onSuccess: (made) => go(paths.assistant(made.assistant_id)),
            onError: () => toast({ text: "The copy was refused", tone: "bad" }),
          })
        }
      >
        <Copy /> Copy
      </Button>
      {!isDefault(assistant) && (
        <Button kind="quiet" onClick={() => setAsking(true)}>
          <Trash2 /> Delete…
        </Button>
      )}
      <Button onClick={use}>
        <Play /> Use it
      </Button>
      {asking && <Deletion assistant={assistant} onClose={() => setAsking(false)} />}
    </>
  );
}

function Deletion({ assistant, onClose }: { assistant: Assistant; onClose: () => void }) {
  const [, go] = useLocation();
  const remove = useDeleteAssistant();
  return (
    <Confirm
      open
      title={`Delete ${assistant.name}?`}
      action="Delete assistant"
      busy={remove.isPending}
      onConfirm={() => remove.mutate(assistant.assistant_id, { onSuccess: () => go(paths.assistants()) })}
      onClose={onClose}
    >
      <p>
        All {assistant.version > 1 ? `${assistant.version} versions` : "of it"} and its crons go with it. Threads that it made stay.
      </p>
      <RequestProblem caught={remove.error} what="It was not deleted" />
    </Confirm>
  );
}
