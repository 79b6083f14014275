// Beneath the thread: what is sent next, by chat or by form; resume while nodes ask, continue while a breakpoint holds, cancel while a run goes on.

import { useEffect, useEffectEvent, useState } from "react";
import { useSchemas } from "../../api/use-assistant.ts";
import { useStored } from "../../api/storage.ts";
import type { Json, JsonObject } from "../../api/wire.ts";
import { isObject, sameJson } from "../../model/json.ts";
import type { Breakpoints, RunSettings } from "../../model/run-request.ts";
import { timedId } from "../../model/uuid-time.ts";
import { Button } from "../../parts/button.tsx";
import { SEND_KEYS } from "../../parts/keys-of-platform.ts";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { Seg } from "../../parts/seg.tsx";
import { useStudio } from "../../studio.tsx";
import { ChatBox } from "./chat-box.tsx";
import { GraphInput, inputOf } from "./graph-input.tsx";
import { RunSettingsButton } from "./run-settings.tsx";
import type { NextMove } from "./thread-model.ts";
import type { Answers } from "./use-answers.ts";
import type { RunControl } from "./use-run-control.ts";
import "./composer.css";

export type ComposerMode = "chat" | "graph";

interface Props {
  graph: string;
  assistantId: string;
  mode: ComposerMode;
  onMode: (mode: ComposerMode) => void;
  move: NextMove;
  active: boolean;
  /** A checkpoint is looked at: what is sent begins there. */
  from: { checkpoint_id: string; checkpoint_ns: string } | null;
  /** Nodes that were to run when the run was cancelled or failed, or the chosen step was made. */
  undone: string[];
  /** The key of the state that the chat writes to. */
  messagesKey: string;
  questions: number;
  answers: Answers;
  control: RunControl;
  settings: RunSettings;
  onSettings: (settings: RunSettings) => void;
  breakpoints: Breakpoints;
  onClearBreakpoints: () => void;
  /** Something was started: whatever was looked at gives way to what happens now. */
  onStarted: () => void;
}

const MODES = [
  { value: "chat", label: "Message" },
  { value: "graph", label: "Form" },
] as const;
const MOST_EARLIER = 20;

export function Composer(props: Props) {
  const { graph, assistantId, mode, onMode, move, active, control, settings, onSettings, breakpoints, answers } = props;
  const input = useInput(graph, assistantId);
  const [wanted, setAnew] = useState(false);
  const anew = move === "continue" && wanted;
  const sends = move === "send" || anew;
  const onStarted = (): void => {
    setAnew(false);
    props.onStarted();
  };
  const send = useSend({ ...props, onStarted }, input, sends);
  const stops = breakpoints.before.length + breakpoints.after.length;
  return (
    <section className="composer" aria-label="Composer">
      <RequestProblem caught={control.failure} what="The run was not started" onClose={control.dismiss} />
      {sends && mode === "graph" && (
        <GraphInput schema={input.schema} text={input.text} onText={input.setText} onFault={input.setFault} earlier={input.earlier} onSubmit={() => void send.input(false)} />
      )}
      {sends && mode === "chat" && (
        <ChatBox
          placeholder={active ? "Send another message: it waits for the run" : "Message"}
          disabled={control.starting}
          onSend={send.message}
          steps={!active && (stops > 0 || move === "continue")}
          beside={active && <CancelButton control={control} />}
        />
      )}
      <div className="composer-row">
        {sends && <Seg label="Input" options={MODES} value={mode} onChange={onMode} />}
        <RunSettingsButton assistantId={assistantId} settings={settings} onSettings={onSettings} />
        {stops > 0 && (
          <Button kind="quiet" onClick={props.onClearBreakpoints} title="Take all breakpoints away">
            {stops === 1 ? "1 breakpoint" : `${stops} breakpoints`} ×
          </Button>
        )}
        {props.from && sends && <span className="composer-note">begins at the chosen step</span>}
        <div className="composer-actions">
          {props.undone.length > 0 && (
            <Button kind="quiet" disabled={control.starting} onClick={() => void send.onward(false)} title={`Runs ${props.undone.join(", ")}, which was not done`}>
              Continue with {props.undone.join(", ")}
            </Button>
          )}
          {anew && (
            <Button kind="quiet" onClick={() => setAnew(false)}>
              Continue without it
            </Button>
          )}
          {sends && mode === "graph" && (
            <>
              {active && <CancelButton control={control} />}
              <Button disabled={!input.valid || control.starting || active} onClick={() => void send.input(true)} title="Runs one step, and stops">
                Step
              </Button>
              <Button kind="primary" keys={SEND_KEYS} disabled={!input.valid || control.starting} onClick={() => void send.input(false)}>
                Submit
              </Button>
            </>
          )}
          {move === "resume" && <ResumeRow questions={props.questions} answers={answers} control={control} onResume={(step) => void send.resume(step)} />}
          {move === "continue" && !anew && (
            <>
              <Button kind="quiet" onClick={() => setAnew(true)}>
                New input…
              </Button>
              <Button disabled={control.starting} onClick={() => void send.onward(true)} title="Runs one step, and stops">
                Step
              </Button>
              <Button kind="primary" keys={SEND_KEYS} disabled={control.starting} onClick={() => void send.onward(false)}>
                Continue
              </Button>
            </>
          )}
        </div>
      </div>
    </section>
  );
}

function ResumeRow({ questions, answers, control, onResume }: { questions: number; answers: Answers; control: RunControl; onResume: (step: boolean) => void }) {
  const some = questions > 1 && answers.ready > 0 && answers.ready < questions;
  return (
    <>
      <span className="composer-note">{answers.ready === 0 ? (questions === 1 ? "Answer above to go on" : `Answer one of the ${questions} questions above`) : some ? "the others go on waiting" : ""}</span>
      <Button disabled={answers.resume === null || control.starting} onClick={() => onResume(true)} title="Runs one step with the answer, and stops">
        Step
      </Button>
      <Button kind="primary" keys={SEND_KEYS} disabled={answers.resume === null || control.starting} onClick={() => onResume(false)}>
        {some ? `Resume ${answers.ready} of ${questions}` : "Resume"}
      </Button>
    </>
  );
}

const ARMED_MS = 3000;

/** Esc asks once: pressed again within three seconds, it cancels. A click cancels at once. */
function CancelButton({ control }: { control: RunControl }) {
  const [armed, setArmed] = useState(false);
  const onEscape = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], [popover]:popover-open")) return;
    if (armed) void control.cancel();
    setArmed(!armed);
  });
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent): void => onEscape(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  useEffect(() => {
    if (!armed) return undefined;
    const timer = setTimeout(() => setArmed(false), ARMED_MS);
    return () => clearTimeout(timer);
  }, [armed]);
  return (
    <Button kind="danger" keys="Esc" disabled={control.cancelling} onClick={() => void control.cancel()}>
      {armed ? "Cancel the run? Once more" : "Cancel"}
    </Button>
  );
}

interface Input {
  schema: JsonObject | null;
  text: string;
  setText: (text: string) => void;
  setFault: (fault: boolean) => void;
  valid: boolean;
  earlier: JsonObject[];
  keep: (input: JsonObject) => void;
}

/** What stands in the form of a graph, kept while one looks elsewhere. */
function useInput(graph: string, assistantId: string): Input {
  const { storage } = useStudio();
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [fault, setFault] = useState(false);
  const [earlier, setEarlier] = useStored<JsonObject[]>(storage, `inputs:${graph}`, []);
  const schema: unknown = useSchemas(assistantId).data?.input_schema;
  const text = texts[graph] ?? "";
  return {
    schema: isObject(schema) ? schema : null,
    text,
    setText: (typed) => setTexts({ ...texts, [graph]: typed }),
    setFault,
    valid: !fault && inputOf(text) !== null,
    earlier,
    keep: (input) => setEarlier([input, ...earlier.filter((one) => !sameJson(one, input))].slice(0, MOST_EARLIER)),
  };
}

/** The ways in which a run is started from here. */
function useSend({ control, from, messagesKey, answers, onStarted, move, mode }: Props, input: Input, sends: boolean) {
  const begin = async (start: Parameters<RunControl["start"]>[0], step: boolean): Promise<boolean> => {
    const began = await control.start(start, { step, checkpoint: from });
    if (began) onStarted();
    return began;
  };
  const send = {
    message: (content: Json, step: boolean): Promise<boolean> =>
      begin({ kind: "input", input: { [messagesKey]: [{ type: "human", content, id: timedId() }] } }, step),
    input: async (step: boolean): Promise<void> => {
      const value = input.valid ? inputOf(input.text) : null;
      if (value && (await begin({ kind: "input", input: value }, step))) input.keep(value);
    },
    resume: async (step: boolean): Promise<void> => {
      if (answers.resume !== null) await begin({ kind: "resume", value: answers.resume }, step);
    },
    onward: (step: boolean): Promise<boolean> => begin({ kind: "continue" }, step),
  };
  useMainKey(() => {
    if (control.starting) return;
    if (move === "resume") void send.resume(false);
    else if (!sends) void send.onward(false);
    else if (mode === "graph") void send.input(false);
  });
  return send;
}

/** Ctrl+Enter or Cmd+Enter anywhere on the page, unless something there took it. */
function useMainKey(press: () => void): void {
  const onKey = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    press();
  });
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent): void => onKey(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
