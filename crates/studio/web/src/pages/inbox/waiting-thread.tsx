// One thread that waits: its questions with their answers, or the button that lets it go on.
import type { Thread } from "@langchain/langgraph-sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { startRun } from "../../api/start-run.ts";
import { type Asked, useAsked } from "../../api/use-waiting.ts";
import { plural, shortId } from "../../model/format.ts";
import { DEFAULT_SETTINGS, NO_BREAKPOINTS, type RunStart } from "../../model/run-request.ts";
import { Button } from "../../parts/button.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { InterruptCards } from "../../parts/interrupt-cards.tsx";
import { SEND_KEYS } from "../../parts/keys-of-platform.ts";
import { Bar } from "../../parts/pane.tsx";
import { useToast } from "../../parts/toast.tsx";
import { paths } from "../../paths.ts";
import { useClient } from "../../studio.tsx";
import { useAnswers } from "../thread/use-answers.ts";

export function WaitingThread({ thread }: { thread: Thread }) {
  const { data: asked, error } = useAsked(thread.thread_id);
  return (
    <>
      <Bar title="Thread" note={<code title={thread.thread_id}>{shortId(thread.thread_id)}</code>} actions={<Link href={paths.thread(thread.thread_id)}>Open its thread</Link>} />
      <div className="waiting">
        <RequestProblem caught={error} what="What it asks could not be read" />
        {asked && <Answering key={asked.questions.map((question) => question.id).join(" ")} thread={thread} asked={asked} />}
      </div>
    </>
  );
}

function Answering({ thread, asked }: { thread: Thread; asked: Asked }) {
  const { questions, next } = asked;
  const answers = useAnswers(questions);
  const onward = useOnward(thread);
  const resume = () => {
    if (answers.resume !== null && !onward.isPending) onward.mutate({ kind: "resume", value: answers.resume });
  };
  if (questions.length === 0) {
    return (
      <>
        <p>{next.length === 0 ? "It was stopped, and has no next step." : `It was stopped before ${next.join(", ")}, without a question.`}</p>
        <RequestProblem caught={onward.error} what="It did not go on" />
        <footer>
          <span />
          <Button kind="primary" disabled={next.length === 0 || onward.isPending} onClick={() => onward.mutate({ kind: "continue" })}>
            Continue
          </Button>
        </footer>
      </>
    );
  }
  const some = answers.ready > 0 && answers.ready < questions.length;
  return (
    <>
      <InterruptCards questions={questions} draftOf={answers.draftOf} change={answers.change} onResume={resume} busy={onward.isPending} />
      <RequestProblem caught={onward.error} what="The answer was not taken" />
      <footer>
        <span>{some ? `${plural(questions.length - answers.ready, "question")} will go on waiting` : ""}</span>
        <Button kind="primary" keys={SEND_KEYS} disabled={answers.resume === null || onward.isPending} onClick={resume}>
          {some ? `Resume ${answers.ready} of ${questions.length}` : "Resume"}
        </Button>
      </footer>
    </>
  );
}

/** Lets the thread go on with the assistant that it had last. */
function useOnward(thread: Thread) {
  const client = useClient();
  const queries = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: async (start: RunStart) => {
      const assistant: unknown = thread.metadata?.["assistant_id"] ?? thread.metadata?.["graph_id"];
      if (typeof assistant !== "string") throw new Error("The thread does not say which assistant it belongs to: open it, and go on with one that you choose.");
      await startRun(client, thread.thread_id, { assistantId: assistant, start, settings: DEFAULT_SETTINGS, breakpoints: NO_BREAKPOINTS, step: false, checkpoint: null });
    },
    onSuccess: async () => {
      toast({ text: "It goes on" });
      await Promise.all([["threads"], ["state", thread.thread_id]].map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
}
