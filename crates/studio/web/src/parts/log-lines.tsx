// Lines of a log, of any number: only those in sight are drawn, and the end is followed until somebody scrolls back.
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { LogLine } from "../api/wire.ts";
import { shortId } from "../model/format.ts";
import { Button } from "./button.tsx";
import "./log-lines.css";

interface Props {
  lines: readonly LogLine[];
  label?: string;
  /** A click on a line's run. */
  onRun?: (runId: string) => void;
}

const LINE_HEIGHT = 20;
const NEAR_END = 24;

export function LogLines({ lines, label = "Log", onRun }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_HEIGHT,
    getItemKey: (index) => lines[index]?.id ?? index,
    overscan: 12,
  });
  const last = lines.at(-1)?.id;
  const height = rows.getTotalSize();
  useEffect(() => {
    if (follows && box.current && height && last !== undefined) box.current.scrollTop = height;
  }, [follows, height, last]);
  const scrolled = () => {
    const element = box.current;
    if (element) setFollows(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END);
  };
  return (
    <div className="log">
      {/* It scrolls: the keyboard has to reach it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="log-box" ref={box} role="log" aria-label={label} aria-live="off" tabIndex={0} onScroll={scrolled}>
        <div className="log-all" style={{ height }}>
          {rows.getVirtualItems().map((row) => {
            const line = lines[row.index];
            return line ? (
              <div key={row.key} ref={rows.measureElement} data-index={row.index} className={`log-line log-${line.level}`} style={{ transform: `translateY(${row.start}px)` }}>
                <time dateTime={line.at}>{clock(line.at)}</time>
                <span className="log-level">{line.level}</span>
                <span className="log-from" title={line.logger ?? line.stream}>
                  {line.node ?? line.logger ?? line.stream}
                </span>
                <span className="log-message">{line.message}</span>
                {line.run_id !== null && onRun && (
                  <button type="button" className="log-run" title={`Only run ${line.run_id}`} onClick={() => onRun(line.run_id ?? "")}>
                    {shortId(line.run_id)}
                  </button>
                )}
              </div>
            ) : null;
          })}
        </div>
      </div>
      {!follows && (
        <Button className="log-follow" onClick={() => setFollows(true)}>
          <ArrowDown /> Follow
        </Button>
      )}
    </div>
  );
}

/** `14:02:11.038`, here. */
function clock(at: string): string {
  const time = new Date(at);
  const parts = [two(time.getHours()), two(time.getMinutes()), two(time.getSeconds())];
  return `${parts.join(":")}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

const two = (value: number): string => String(value).padStart(2, "0");
