// The whole run small, over which a stretch is drawn that is shown large.
import { type PointerEvent, useRef, useState } from "react";
import { duration } from "../model/format.ts";
import { percent, type Span } from "../model/span.ts";
import type { Timeline } from "../model/timeline.ts";

interface Props {
  timeline: Timeline;
  span: Span;
  onSpan: (span: Span | null) => void;
}

const MOST_BARS = 300;
/** Less is a click, which shows the whole run. */
const LEAST = 0.004;

export function WaterfallBrush({ timeline, span, onSpan }: Props) {
  const field = useRef<HTMLDivElement>(null);
  const [begun, setBegun] = useState<number | null>(null);
  const { total, bars } = timeline;
  const depth = Math.max(1, ...bars.map((bar) => bar.depth));
  function part(event: PointerEvent): number {
    const box = field.current?.getBoundingClientRect();
    return box && box.width > 0 ? Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) : 0;
  }
  function drawn(event: PointerEvent) {
    if (begun === null) return;
    const now = part(event);
    if (Math.abs(now - begun) < LEAST) onSpan(null);
    else onSpan({ from: Math.min(begun, now) * total, to: Math.max(begun, now) * total });
  }
  return (
    <div
      ref={field}
      className="waterfall-brush"
      role="img"
      aria-label={`Shown: ${duration(span.from)} to ${duration(span.to)} of ${duration(total)}. In the list below + and - zoom, arrows left and right move, 0 shows all.`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setBegun(part(event));
      }}
      onPointerMove={drawn}
      onPointerUp={(event) => {
        drawn(event);
        setBegun(null);
      }}
    >
      {bars.slice(0, MOST_BARS).map((bar) => (
        <i
          key={bar.id}
          data-status={bar.status}
          style={{ insetInlineStart: percent(bar.workFrom / total), width: percent((bar.to - bar.workFrom) / total), top: percent((bar.depth / (depth + 1)) * 0.9 + 0.05) }}
        />
      ))}
      <span className="waterfall-shown" style={{ insetInlineStart: percent(span.from / total), width: percent((span.to - span.from) / total) }} />
    </div>
  );
}
