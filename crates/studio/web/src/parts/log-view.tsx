// The log with its filters, for the page and for the pane beneath every page.
import { useDeferredValue, useMemo, type ReactNode } from "react";
import { useLogs } from "../api/use-logs.ts";
import { filterLines, LEVELS, type LogFilter } from "../model/log-filter.ts";
import { Empty } from "./empty.tsx";
import { LogLines } from "./log-lines.tsx";
import { Picker } from "./picker.tsx";
import { RequestProblem } from "./request-problem.tsx";
import "./log-view.css";

interface Props {
  filter: LogFilter;
  onFilter: (filter: LogFilter) => void;
  /** At the right of the filters. */
  actions?: ReactNode;
}

export function LogView({ filter, onFilter, actions }: Props) {
  const { lines, dropped, error } = useLogs();
  // Typing goes before filtering thousands of lines.
  const wanted = useDeferredValue(filter);
  const shown = useMemo(() => filterLines(lines, wanted), [lines, wanted]);
  const change = (part: Partial<LogFilter>) => onFilter({ ...filter, ...part });
  return (
    <div className="log-view">
      <div className="log-view-bar">
        <input type="search" aria-label="Text" placeholder="Filter by text" value={filter.text} onChange={(event) => change({ text: event.target.value })} />
        <input type="search" className="log-view-run" aria-label="Run" placeholder="Run id" value={filter.run} onChange={(event) => change({ run: event.target.value })} />
        <Picker
          label="Level"
          value={filter.level}
          onChange={(level) => change({ level: LEVELS.find((one) => one === level) ?? "debug" })}
          options={LEVELS.map((level) => ({ value: level, label: level === "debug" ? "all levels" : level === "critical" ? level : `${level} and worse` }))}
        />
        <span className="log-view-count" role="status">
          {shown.length === lines.length ? `${lines.length} lines` : `${shown.length} of ${lines.length} lines`}
          {dropped > 0 && `, ${dropped} older ones dropped`}
        </span>
        {actions}
      </div>
      <RequestProblem caught={error} what="Older lines could not be read" />
      <div className="log-view-body">
        {shown.length > 0 ? (
          <LogLines lines={shown} onRun={(run) => change({ run })} />
        ) : lines.length > 0 ? (
          <Empty title="No line matches">Loosen the filter above.</Empty>
        ) : (
          <Empty title="Nothing was printed yet">What the project’s code prints or logs appears here at once, with the run and node that it came from.</Empty>
        )}
      </div>
    </div>
  );
}
