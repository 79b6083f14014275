// A JSON value as a tree that folds: lines over twenty are hidden at first, and only those in sight are drawn.

import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import type { Json } from "../api/wire.ts";
import {
  allOpen,
  firstOpen,
  isContainer,
  jsonRows,
  preview,
  sizeOf,
  type JsonRow,
  type JsonUnfolding,
} from "../model/json-rows.ts";
import { CopyButton } from "./copy-button.tsx";
import "./json-view.css";

const FOLDED_LINES = 20;
/** More lines than this are drawn only where they are in sight. */
const VIRTUAL_FROM = 300;
const LONG_TEXT = 280;

export interface JsonViewProps {
  value: Json;
  /** What it is, for those who do not see it. */
  label?: string;
  /** Shows all lines at once, in a box as high as its parent. */
  whole?: boolean;
}

export function JsonView({ value, label = "JSON", whole = false }: JsonViewProps) {
  const first = useMemo(() => firstOpen(value, whole ? 400 : 60), [value, whole]);
  const [touched, setTouched] = useState<JsonUnfolding | null>(null);
  const [unfolded, setUnfolded] = useState(whole);
  const unfolding = touched ?? { open: first, pages: new Map() };
  const rows = useMemo(() => jsonRows(value, touched ?? { open: first, pages: new Map() }), [value, touched, first]);
  const shown = unfolded ? rows : rows.slice(0, FOLDED_LINES);

  const toggle = (path: string): void => {
    const open = new Set(unfolding.open);
    if (!open.delete(path)) open.add(path);
    setTouched({ ...unfolding, open });
  };
  const more = (path: string): void => {
    const pages = new Map(unfolding.pages);
    pages.set(path, (pages.get(path) ?? 1) * 4);
    setTouched({ ...unfolding, pages });
  };
  const foldable = rows.some((row) => row.kind === "folded");
  return (
    <div className={whole ? "json json-whole" : "json"} role="group" aria-label={label}>
      <div className="json-tools">
        {foldable && (
          <button type="button" className="json-tool" onClick={() => setTouched({ ...unfolding, open: allOpen(value) })}>
            Expand all
          </button>
        )}
        {!foldable && isContainer(value) && rows.length > 3 && (
          <button type="button" className="json-tool" onClick={() => setTouched({ ...unfolding, open: new Set([""]) })}>
            Collapse all
          </button>
        )}
        <CopyButton text={() => JSON.stringify(value, null, 2)} label={`Copy ${label}`} />
      </div>
      <JsonLines rows={shown} virtual={shown.length > VIRTUAL_FROM} onToggle={toggle} onMore={more} />
      {!whole && rows.length > FOLDED_LINES && (
        <button type="button" className="json-fold" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
          {unfolded ? "Fold" : `Show all ${rows.length.toLocaleString("en")} lines`}
        </button>
      )}
    </div>
  );
}

interface LinesProps {
  rows: JsonRow[];
  virtual: boolean;
  onToggle: (path: string) => void;
  onMore: (path: string) => void;
}

function JsonLines({ rows, virtual, onToggle, onMore }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: virtual ? rows.length : 0,
    getScrollElement: () => box.current,
    estimateSize: () => 19,
    overscan: 20,
  });
  if (!virtual) {
    return (
      <div className="json-lines" ref={box}>
        {rows.map((row) => (
          <JsonLine key={`${row.path} ${row.kind}`} row={row} onToggle={onToggle} onMore={onMore} />
        ))}
      </div>
    );
  }
  return (
    <div className="json-lines json-scroll" ref={box}>
      <div style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <div
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              className="json-placed"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <JsonLine row={row} onToggle={onToggle} onMore={onMore} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function JsonLine({ row, onToggle, onMore }: { row: JsonRow } & Pick<LinesProps, "onToggle" | "onMore">) {
  const indent = { paddingLeft: `${row.depth * 14 + 16}px` };
  if (row.kind === "more") {
    return (
      <div className="json-line" style={indent}>
        <button type="button" className="json-more" onClick={() => onMore(row.path)}>
          … {row.hidden.toLocaleString("en")} more
        </button>
      </div>
    );
  }
  const [opening, closing] = Array.isArray(row.value) ? ["[", "]"] : ["{", "}"];
  const comma = row.comma ? "," : "";
  if (row.kind === "close") {
    return (
      <div className="json-line" style={indent}>
        <span className="json-mark">{closing}{comma}</span>
      </div>
    );
  }
  const name = <JsonKey name={row.key} />;
  if (row.kind === "leaf") {
    return (
      <div className="json-line" style={indent}>
        {name}
        <JsonLeaf value={row.value} />
        <span className="json-mark">{comma}</span>
      </div>
    );
  }
  const open = row.kind === "open";
  return (
    <div className="json-line" style={indent}>
      <button
        type="button"
        className="json-toggle"
        aria-expanded={open}
        aria-label={`${open ? "Collapse" : "Expand"} ${row.key ?? "all"}`}
        onClick={() => onToggle(row.path)}
      >
        {open ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
      </button>
      {name}
      {open ? (
        <span className="json-mark">{opening}</span>
      ) : (
        <button type="button" className="json-folded" tabIndex={-1} onClick={() => onToggle(row.path)}>
          {preview(row.value)}
          <span className="json-size">{isContainer(row.value) ? sizeOf(row.value) : ""}</span>
          {comma}
        </button>
      )}
    </div>
  );
}

function JsonKey({ name }: { name: string | number | null }) {
  if (name === null) return null;
  if (typeof name === "number") return <span className="json-index">{name}</span>;
  return <span className="json-key">{name}:</span>;
}

function JsonLeaf({ value }: { value: Json }) {
  const [whole, setWhole] = useState(false);
  if (typeof value !== "string") {
    const kind = value === null ? "null" : typeof value === "object" ? "mark" : typeof value;
    return <span className={`json-${kind}`}>{JSON.stringify(value)}</span>;
  }
  const long = value.length > LONG_TEXT;
  const text = long && !whole ? value.slice(0, LONG_TEXT) : value.slice(0, 200_000);
  return (
    <span className="json-string">
      {text.includes("\n") && (whole || !long) ? `"${text}"` : JSON.stringify(text)}
      {long && (
        <button type="button" className="json-more" onClick={() => setWhole(!whole)}>
          {whole ? "less" : `… ${(value.length - LONG_TEXT).toLocaleString("en")} more characters`}
        </button>
      )}
    </span>
  );
}
