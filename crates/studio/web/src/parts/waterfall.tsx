// A run as a waterfall: bars that lie in each other, what waited apart from what worked; zoomed by a brush, idle time left out on demand.
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { duration } from "../model/format.ts";
import { around, clamped, percent, shifted, type Span } from "../model/span.ts";
import { type Bar, type Scale, type Timeline, scaleOf, ticks } from "../model/timeline.ts";
import { Button } from "./button.tsx";
import { WaterfallBrush } from "./waterfall-brush.tsx";
import { WaterfallRow } from "./waterfall-row.tsx";
import "./waterfall.css";

interface Props {
  timeline: Timeline;
  selected: string | null;
  onSelect: (bar: Bar) => void;
}

const ROW_HEIGHT = 26;
const ZOOM = 0.6;

export function Waterfall({ timeline, selected, onSelect }: Props) {
  const [zoomed, setZoomed] = useState<Span | null>(null);
  const [collapse, setCollapse] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const span = useMemo(() => clamped(zoomed ?? { from: 0, to: timeline.total }, timeline.total), [zoomed, timeline.total]);
  const scale = useMemo(() => scaleOf(timeline, { ...span, collapse }), [timeline, span, collapse]);
  const { bars } = timeline;
  const rows = useVirtualizer({
    count: bars.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 20,
    getItemKey: (place) => bars[place]?.id ?? place,
  });
  const place = Math.max(0, bars.findIndex((bar) => bar.id === selected));
  function walk(event: KeyboardEvent<HTMLElement>) {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -bars.length, End: bars.length }[event.key];
    const by = { "+": ZOOM, "=": ZOOM, "-": 1 / ZOOM }[event.key];
    const shift = { ArrowLeft: -0.2, ArrowRight: 0.2 }[event.key];
    if (step !== undefined) {
      const next = Math.max(0, Math.min(bars.length - 1, place + step));
      const bar = bars[next];
      if (bar) onSelect(bar);
      rows.scrollToIndex(next);
    } else if (by !== undefined) setZoomed(around(span, by, timeline.total));
    else if (shift !== undefined && zoomed !== null) setZoomed(shifted(span, shift, timeline.total));
    else if (event.key === "0") setZoomed(null);
    else return;
    event.preventDefault();
  }
  const collapsible = timeline.idle.some((gap) => gap.to - gap.from > timeline.total / 20);
  return (
    <section className="waterfall" aria-label="Waterfall">
      <div className="waterfall-tools">
        <WaterfallBrush timeline={timeline} span={span} onSpan={setZoomed} />
        <label className="waterfall-collapse">
          <input type="checkbox" checked={collapse} disabled={!collapsible} onChange={(event) => setCollapse(event.target.checked)} />
          Leave out idle time
        </label>
        <Button kind="quiet" disabled={zoomed === null} onClick={() => setZoomed(null)}>
          Whole run
        </Button>
      </div>
      <Ticks span={span} scale={scale} />
      <div
        className="waterfall-rows"
        ref={scroller}
        role="listbox"
        tabIndex={0}
        aria-label="Steps and calls"
        aria-activedescendant={selected === null ? undefined : `bar-${selected}`}
        onKeyDown={walk}
      >
        <div className="waterfall-all" role="presentation" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const bar = bars[item.index];
            return bar ? <WaterfallRow key={item.key} bar={bar} scale={scale} selected={bar.id === selected} top={item.start} onSelect={onSelect} /> : null;
          })}
        </div>
      </div>
    </section>
  );
}

function Ticks({ span, scale }: { span: Span; scale: Scale }) {
  const marks = ticks(span.from, span.to, 6).filter((ms) => !scale.cut.some((gap) => ms > gap.from && ms < gap.to));
  return (
    <div className="waterfall-ticks" aria-hidden="true">
      <div className="waterfall-track">
        {marks.map((ms) => (
          <span key={ms} style={{ insetInlineStart: percent(scale.place(ms)) }}>
            {duration(ms)}
          </span>
        ))}
      </div>
    </div>
  );
}
