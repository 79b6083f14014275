// Makes an assistant: of which graph, and its name. All else is set where it can be seen.
import { useState } from "react";
import { useCreateAssistant } from "../../api/use-assistant.ts";
import { useChosen } from "../../api/use-assistants.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { Field, TextField } from "../../parts/field.tsx";
import { useProject } from "../../studio.tsx";
import "./new-assistant.css";

interface Props {
  open: boolean;
  onClose: () => void;
  onMade: (id: string) => void;
}

export function NewAssistant({ open, onClose, onMade }: Props) {
  const { graphs } = useProject();
  const { graph: current } = useChosen();
  const [graph, setGraph] = useState<string | null>(null);
  const [name, setName] = useState("");
  const create = useCreateAssistant();
  const graphId = graph ?? current ?? "";
  function make() {
    create.mutate({ graphId, name: name.trim() }, { onSuccess: ({ assistant_id }) => onMade(assistant_id) });
  }
  const ready = name.trim() !== "" && !create.isPending;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New assistant"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={!ready} onClick={make}>
            Create
          </Button>
        </>
      }
    >
      <form
        className="new-assistant"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) make();
        }}
      >
        <TextField label="Name" value={name} onChange={setName} placeholder="careful" />
        <Field label="Graph">
          {(ties) => (
            <select {...ties} value={graphId} onChange={(event) => setGraph(event.target.value)}>
              {graphs.map(({ id }) => (
                <option key={id}>{id}</option>
              ))}
            </select>
          )}
        </Field>
        <RequestProblem caught={create.error} what="It was not created" />
      </form>
    </Dialog>
  );
}
