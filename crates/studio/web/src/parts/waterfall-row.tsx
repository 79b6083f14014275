// One bar of a waterfall with its name.
import { Bot, Box, Search, Wrench, Workflow } from "lucide-react";
import { memo } from "react";
import { duration } from "../model/format.ts";
import { percent } from "../model/span.ts";
import type { Bar, Scale } from "../model/timeline.ts";

const ICONS = { run: Workflow, node: Box, model: Bot, tool: Wrench, retriever: Search };

interface Props {
  bar: Bar;
  scale: Scale;
  selected: boolean;
  top: number;
  onSelect: (bar: Bar) => void;
}

export const WaterfallRow = memo(function WaterfallRow({ bar, scale, selected, top, onSelect }: Props) {
  const Icon = ICONS[bar.kind];
  const [begin, work, end] = [bar.from, bar.workFrom, bar.to].map((ms) => Math.max(0, Math.min(1, scale.place(ms)))) as [number, number, number];
  const took = bar.to - bar.workFrom;
  const waited = bar.workFrom - bar.from;
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the list has the focus and hears the keys
    <div
      id={`bar-${bar.id}`}
      role="option"
      aria-selected={selected}
      className="waterfall-row"
      style={{ transform: `translateY(${top}px)` }}
      data-bar={bar.label}
      data-kind={bar.kind}
      data-status={bar.status}
      data-from={bar.from}
      data-to={bar.to}
      onClick={() => onSelect(bar)}
    >
      <span className="waterfall-name" style={{ paddingInlineStart: 12 + bar.depth * 14 }}>
        <Icon aria-hidden="true" />
        <span className="waterfall-label">{bar.label}</span>
        {bar.attempt > 1 && <span className="waterfall-attempt">attempt {bar.attempt}</span>}
      </span>
      <span className="waterfall-track">
        {scale.cut.map((gap) => (
          <i key={gap.from} className="waterfall-cut" style={{ insetInlineStart: percent(scale.place(gap.from)), width: percent(scale.place(gap.to) - scale.place(gap.from)) }} />
        ))}
        {work > begin && <i className="waterfall-wait" style={{ insetInlineStart: percent(begin), width: percent(work - begin) }} />}
        {end >= work && bar.status !== "pending" && (
          <i className={`waterfall-bar waterfall-${bar.kind}`} style={{ insetInlineStart: `min(${percent(work)}, 100% - 3px)`, width: percent(end - work) }}>
            {bar.firstToken !== null && bar.to > bar.from && (
              <i className="waterfall-first" title={`first token after ${duration(bar.firstToken - bar.from)}`} style={{ insetInlineStart: percent((bar.firstToken - bar.from) / (bar.to - bar.from)) }} />
            )}
          </i>
        )}
        {end > 0 && begin < 1 && (
          <span className={`waterfall-took ${end > 0.86 && begin < 0.14 ? "waterfall-took-within" : ""}`} style={tookPlace(begin, end)}>
            {bar.status === "pending" ? "waits" : duration(took)}
          </span>
        )}
        <span className="visually-hidden">
          {waited > 0 && `, waited ${duration(waited)}`}, {bar.status}
        </span>
      </span>
    </div>
  );
});

/** Behind the bar; where there is no room before it; where there is none either, within. */
function tookPlace(begin: number, end: number): { insetInlineStart?: string; insetInlineEnd?: string } {
  if (end <= 0.86) return { insetInlineStart: percent(end) };
  return { insetInlineEnd: begin >= 0.14 ? percent(1 - begin) : `calc(${percent(1 - end)} + 4px)` };
}
