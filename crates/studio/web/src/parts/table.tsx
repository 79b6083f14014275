// A table of any length: only the rows in sight are drawn, the arrow keys walk them, Enter opens one, Space picks one.

import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import "./table.css";

export interface Column<Row> {
  key: string;
  head: string;
  /** A track of CSS grid: `90px`, `minmax(120px, 2fr)`. */
  width: string;
  /** Numbers and times stand at the end. */
  end?: boolean;
  /** Shown only where the table is at least so many pixels wide. */
  from?: number;
  cell: (row: Row) => ReactNode;
}

interface TableProps<Row> {
  label: string;
  rows: Row[];
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  /** `data-…` attributes of a row, by which scripts find it. */
  rowData?: (row: Row) => Record<`data-${string}`, string>;
  selected?: string | null;
  onOpen?: (row: Row) => void;
  /** The keys of the rows that are picked; with it each row has a box. */
  picked?: ReadonlySet<string>;
  onPick?: (picked: Set<string>) => void;
  /** Called when the last row comes into sight. */
  onEnd?: () => void;
  rowHeight?: number;
}

export function Table<Row>(props: TableProps<Row>) {
  const { rows, rowKey, rowHeight = 34, onEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const columns = props.columns.filter((column) => column.from === undefined || width >= column.from);
  const tracks = [...(props.picked ? ["28px"] : []), ...columns.map((column) => column.width)].join(" ");
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (place) => {
      const row = rows[place];
      return row === undefined ? place : rowKey(row);
    },
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - 1) onEnd?.();
  }, [last, rows.length, onEnd]);
  const walk = useRowFocus(props, scroller, (place) => virtual.scrollToIndex(place));

  return (
    <div className="table" role="grid" aria-label={props.label} aria-rowcount={rows.length + 1}>
      <div className="table-head" role="rowgroup">
        <div className="table-row" role="row" aria-rowindex={1} style={{ gridTemplateColumns: tracks }}>
          {props.picked && <PickAll {...props} picked={props.picked} />}
          {columns.map((column) => (
            <span key={column.key} role="columnheader" className={column.end ? "table-end" : undefined}>
              {column.head}
            </span>
          ))}
        </div>
      </div>
      <div className="table-scroll" ref={scroller} role="rowgroup">
        <div className="table-all" role="presentation" style={{ height: virtual.getTotalSize() }}>
          {shown.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const key = rowKey(row);
            return (
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the keys are heard by `walk`
              <div
                key={key}
                role="row"
                className={props.onOpen ? "table-row table-opens" : "table-row"}
                aria-rowindex={item.index + 2}
                aria-selected={key === props.selected || (props.picked?.has(key) ?? false)}
                tabIndex={item.index === walk.active ? 0 : -1}
                data-place={item.index}
                {...props.rowData?.(row)}
                style={{ gridTemplateColumns: tracks, height: item.size, transform: `translateY(${item.start}px)` }}
                onKeyDown={(event) => walk.key(event, item.index)}
                onFocus={() => walk.focused(item.index)}
                onClick={(event) => {
                  if (!onControl(event.target)) props.onOpen?.(row);
                }}
              >
                {props.picked && (
                  <span role="gridcell">
                    <input
                      type="checkbox"
                      tabIndex={-1}
                      aria-label={`Pick row ${item.index + 1}`}
                      checked={props.picked.has(key)}
                      onChange={() => props.onPick?.(toggled(props.picked, key))}
                    />
                  </span>
                )}
                {columns.map((column) => (
                  <span key={column.key} role="gridcell" className={column.end ? "table-end" : undefined}>
                    {column.cell(row)}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function PickAll<Row>(props: TableProps<Row> & { picked: ReadonlySet<string> }) {
  const all = props.rows.length > 0 && props.rows.every((row) => props.picked.has(props.rowKey(row)));
  return (
    <span role="columnheader">
      <input
        type="checkbox"
        aria-label="Pick all"
        checked={all}
        ref={(box) => {
          if (box) box.indeterminate = !all && props.picked.size > 0;
        }}
        onChange={() => props.onPick?.(new Set(all ? [] : props.rows.map(props.rowKey)))}
      />
    </span>
  );
}

/** Which row has the focus, or would get it, and how keys move it. */
function useRowFocus<Row>(props: TableProps<Row>, scroller: React.RefObject<HTMLDivElement | null>, show: (place: number) => void) {
  const { rows, rowKey, selected } = props;
  const chosen = selected == null ? -1 : rows.findIndex((row) => rowKey(row) === selected);
  const [walked, setWalked] = useState<number | null>(null);
  const wanted = useRef<number | null>(null);
  const active = Math.min(walked ?? Math.max(chosen, 0), Math.max(rows.length - 1, 0));
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-place="${wanted.current}"]`);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });
  function key(event: KeyboardEvent<HTMLElement>, place: number) {
    if (event.target !== event.currentTarget) return;
    const row = rows[place];
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / (props.rowHeight ?? 34)) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length };
    const step = steps[event.key];
    if (step !== undefined) {
      const next = Math.max(0, Math.min(rows.length - 1, place + step));
      wanted.current = next;
      setWalked(next);
      show(next);
    } else if (event.key === "Enter" && row !== undefined) props.onOpen?.(row);
    else if (event.key === " " && row !== undefined && props.picked) props.onPick?.(toggled(props.picked, rowKey(row)));
    else return;
    event.preventDefault();
  }
  return { active, key, focused: setWalked };
}

function toggled(picked: ReadonlySet<string> | undefined, key: string): Set<string> {
  const next = new Set(picked);
  if (!next.delete(key)) next.add(key);
  return next;
}

/** Whether a click meant something within the row: a box, a button, a link. */
function onControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a, button, input, label, select") !== null;
}

function useWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(Number.POSITIVE_INFINITY);
  useLayoutEffect(() => {
    const seen = element.current;
    if (!seen) return undefined;
    const observer = new ResizeObserver(() => setWidth(seen.clientWidth));
    observer.observe(seen);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
