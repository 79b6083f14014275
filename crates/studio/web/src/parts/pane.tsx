// A part of a page with a bar on top: title, what it counts, actions at the right, and what fills the rest.
import type { ReactNode } from "react";
import "./pane.css";

interface PaneProps {
  /** The name of the region, for those who do not see it. */
  label: string;
  children: ReactNode;
  className?: string;
}

export function Pane({ label, children, className = "" }: PaneProps) {
  return (
    <section className={`pane ${className}`} aria-label={label}>
      {children}
    </section>
  );
}

interface BarProps {
  title?: ReactNode;
  /** Beside the title: how many, of what. */
  note?: ReactNode;
  /** At the right. */
  actions?: ReactNode;
  children?: ReactNode;
}

export function Bar({ title, note, actions, children }: BarProps) {
  return (
    <div className="bar">
      {title !== undefined && <h2 className="bar-title">{title}</h2>}
      {note !== undefined && <span className="bar-note">{note}</span>}
      {children}
      <span className="bar-space" />
      {actions}
    </div>
  );
}

/** Beneath the bar; scrolls by itself. */
export function PaneBody({ children, className = "" }: { children: ReactNode; className?: string }) {
  return <div className={`pane-body ${className}`}>{children}</div>;
}
