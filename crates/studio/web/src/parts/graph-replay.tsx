// A run that is over is shown once more on its graph, moment by moment: by hand, or playing.
import { Pause, Play, X } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Step } from "../api/wire.ts";
import { moments, stepsAt } from "../model/graph-replay.ts";
import { Button } from "./button.tsx";
import "./graph-replay.css";

/** How long a moment is shown while it plays. */
const SHOWN_MS = 450;

export interface Replay {
  /** As they stood at the moment that is shown. */
  steps: readonly Step[];
  /** How many moments there are; none of a run that goes on. */
  length: number;
  /** The moment that is shown, from 0; null when nothing is replayed. */
  place: number | null;
  show: (place: number | null) => void;
}

export function useReplay(steps: readonly Step[]): Replay {
  // A replay is of one run: with others to show it is over.
  const run = steps[0]?.task_id ?? "";
  const [asked, setAsked] = useState<{ run: string; place: number | null }>({ run, place: null });
  const show = useCallback((next: number | null) => setAsked({ run, place: next }), [run]);
  const list = useMemo(() => (steps.some((step) => step.status === "running") ? [] : moments(steps)), [steps]);
  const place = asked.place === null || asked.run !== run || list.length === 0 ? null : Math.min(asked.place, list.length - 1);
  const moment = place === null ? undefined : list[place];
  const shown = useMemo(() => (moment === undefined ? steps : stepsAt(steps, moment)), [steps, moment]);
  return { steps: shown, length: list.length, place, show };
}

export function ReplayBar({ replay }: { replay: Replay }) {
  const { place, length, show } = replay;
  const [plays, setPlays] = useState(true);
  const last = length - 1;
  const goesOn = plays && place !== null && place < last;
  useEffect(() => {
    if (!goesOn) return undefined;
    const timer = setTimeout(() => show(place + 1), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [goesOn, place, show]);
  if (place === null) return null;
  return (
    <div className="graph-replay" role="group" aria-label="Replay">
      <Button
        kind="quiet"
        icon
        aria-label={goesOn ? "Pause" : "Play"}
        onClick={() => {
          setPlays(!goesOn);
          if (place === last) show(0);
        }}
      >
        {goesOn ? <Pause /> : <Play />}
      </Button>
      <input
        type="range"
        aria-label="Moment of the run"
        min={0}
        max={last}
        value={place}
        onChange={(event) => {
          setPlays(false);
          show(event.currentTarget.valueAsNumber);
        }}
      />
      <span className="graph-replay-place">
        {place + 1} of {length}
      </span>
      <Button kind="quiet" icon aria-label="End the replay" onClick={() => show(null)}>
        <X />
      </Button>
    </div>
  );
}
