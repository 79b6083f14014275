// Panes beside one another, made wider by mouse or keyboard; where the window is narrow, one at a time under tabs.
import { useMemo, useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { useStored } from "../api/storage.ts";
import { useStudio } from "../studio.tsx";
import { useMedia } from "./use-media.ts";
import { Seg } from "./seg.tsx";
import "./split.css";

export interface SplitPane {
  id: string;
  label: string;
  content: ReactNode;
  /** Its share of the width until somebody says otherwise. */
  share: number;
  /** In pixels. */
  least: number;
}

interface Props {
  /** The sizes are kept under this name. */
  name: string;
  panes: SplitPane[];
  /** The pane that a narrow window shows. */
  shown: string;
  onShow: (pane: string) => void;
}

export function Split({ name, panes, shown, onShow }: Props) {
  const narrow = useMedia("(max-width: 1023px)");
  return narrow ? <Tabs panes={panes} shown={shown} onShow={onShow} /> : <Columns name={name} panes={panes} />;
}

function Tabs({ panes, shown, onShow }: Omit<Props, "name">) {
  const now = panes.find((pane) => pane.id === shown) ?? panes[0];
  if (!now) return null;
  return (
    <div className="split-tabs">
      {panes.length > 1 && (
        <div className="split-tabs-bar">
          <Seg label="Panes" value={now.id} onChange={onShow} options={panes.map((pane) => ({ value: pane.id, label: pane.label }))} />
        </div>
      )}
      <div className="split-tabs-body">{now.content}</div>
    </div>
  );
}

function Columns({ name, panes }: Pick<Props, "name" | "panes">) {
  const { storage } = useStudio();
  const [kept, keep] = useStored<Record<string, number>>(storage, `split:${name}`, {});
  const row = useRef<HTMLDivElement>(null);
  const shares = useMemo(() => panes.map((pane) => kept[pane.id] ?? pane.share), [panes, kept]);
  const columns = panes.map((pane, index) => `minmax(${pane.least}px, ${shares[index] ?? 1}fr)`).join(" 0 ");
  /** Moves the border at the right of a pane, as far as both neighbours allow. */
  const move = (index: number, byPixels: number) => {
    const element = row.current;
    const [left, right] = [panes[index], panes[index + 1]];
    if (!element || !left || !right) return;
    const widths = panes.map((pane) => element.querySelector<HTMLElement>(`[data-pane=${pane.id}]`)?.offsetWidth ?? 0);
    const [wide, next] = [widths[index] ?? 0, widths[index + 1] ?? 0];
    const by = Math.max(left.least - wide, Math.min(byPixels, next - right.least));
    const changed = widths.map((width, at) => (at === index ? wide + by : at === index + 1 ? next - by : width));
    const total = changed.reduce((sum, width) => sum + width, 0) || 1;
    keep(Object.fromEntries(panes.map((pane, at) => [pane.id, Math.round(((changed[at] ?? 0) / total) * 10_000) / 100])));
  };
  return (
    <div className="split" ref={row} style={{ gridTemplateColumns: columns }}>
      {panes.map((pane, index) => (
        <Column key={pane.id} pane={pane} last={index === panes.length - 1} share={shares[index] ?? 0} move={(by) => move(index, by)} reset={() => keep({})} />
      ))}
    </div>
  );
}

interface ColumnProps {
  pane: SplitPane;
  last: boolean;
  share: number;
  move: (byPixels: number) => void;
  reset: () => void;
}

function Column({ pane, last, share, move, reset }: ColumnProps) {
  const at = useRef<number | null>(null);
  const drag = (event: PointerEvent) => {
    if (at.current === null) return;
    const by = event.clientX - at.current;
    at.current = event.clientX;
    move(by);
  };
  const onKey = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -24, ArrowRight: 24 }[event.key];
    if (!by) return;
    event.preventDefault();
    move(event.shiftKey ? by * 4 : by);
  };
  return (
    <>
      <div className="split-pane" data-pane={pane.id}>
        {pane.content}
      </div>
      {!last && (
        // A separator that can be moved is a control: https://www.w3.org/WAI/ARIA/apg/patterns/windowsplitter/
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
        <div
          className="split-border"
          role="separator"
          aria-orientation="vertical"
          aria-label={`Width of ${pane.label}`}
          aria-valuenow={Math.round(share)}
          aria-valuemin={0}
          aria-valuemax={100}
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          onKeyDown={onKey}
          onDoubleClick={reset}
          onPointerDown={(event) => {
            at.current = event.clientX;
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={drag}
          onPointerUp={() => {
            at.current = null;
          }}
        />
      )}
    </>
  );
}
