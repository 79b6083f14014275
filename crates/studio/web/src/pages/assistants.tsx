// The assistants of the project, by graph, and one of them with its form and versions.
import { useState } from "react";
import { useLocation, useRoute } from "wouter";
import { useAssistants } from "../api/use-assistants.ts";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/empty.tsx";
import { RequestProblem } from "../parts/request-problem.tsx";
import { MasterDetail } from "../parts/master-detail.tsx";
import { paths } from "../paths.ts";
import { AssistantDetail } from "./assistants/assistant-detail.tsx";
import { AssistantList } from "./assistants/assistant-list.tsx";
import { NewAssistant } from "./assistants/new-assistant.tsx";

export function AssistantsPage() {
  const [chosen, params] = useRoute<{ id: string }>("/assistants/:id");
  const [, go] = useLocation();
  const [making, setMaking] = useState(false);
  const { data: assistants, error } = useAssistants();
  const make = <Button onClick={() => setMaking(true)}>New assistant</Button>;
  return (
    <>
      <MasterDetail
        back={{ to: paths.assistants(), name: "Assistants" }}
        list={
          <>
            <RequestProblem caught={error} what="The assistants could not be listed" />
            <AssistantList assistants={assistants ?? []} chosen={chosen ? params.id : null} onNew={() => setMaking(true)} />
          </>
        }
        detail={chosen ? <AssistantDetail key={params.id} id={params.id} /> : null}
        empty={
          <Empty title="An assistant is a graph with its settings" action={make}>
            Choose one to see and change what its runs get: context, recursion limit, metadata. Each save is a version that you can go back to.
          </Empty>
        }
      />
      <NewAssistant
        open={making}
        onClose={() => setMaking(false)}
        onMade={(id) => {
          setMaking(false);
          go(paths.assistant(id));
        }}
      />
    </>
  );
}
