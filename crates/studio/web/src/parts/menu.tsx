// A button that opens a short list of things to do: the browser's popover, arrow keys within it.
import { useId, useRef, type KeyboardEvent, type ReactNode } from "react";
import { Button } from "./button.tsx";
import "./menu.css";

export interface MenuItem {
  label: string;
  run: () => void;
}

interface Props {
  /** The button's name; shown unless `icon` is. */
  label: string;
  icon?: ReactNode;
  items: readonly MenuItem[];
}

export function Menu({ label, icon, items }: Props) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const place = () => {
    const [opener, opened] = [button.current?.getBoundingClientRect(), list.current];
    if (!opener || !opened) return;
    opened.style.top = `${opener.bottom + 4}px`;
    opened.style.right = `${Math.max(8, document.documentElement.clientWidth - opener.right)}px`;
  };
  const onKey = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !list.current) return;
    event.preventDefault();
    const buttons = [...list.current.querySelectorAll("button")];
    const at = buttons.findIndex((one) => one === document.activeElement);
    buttons[(at + by + buttons.length) % buttons.length]?.focus();
  };
  return (
    <>
      <Button kind="quiet" icon={icon !== undefined} aria-label={label} aria-haspopup="menu" popoverTarget={id} ref={button}>
        {icon ?? `${label} ▾`}
      </Button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        aria-label={label}
        className="menu"
        onBeforeToggle={place}
        onToggle={(event) => {
          if (event.newState === "open") list.current?.querySelector("button")?.focus();
        }}
        onKeyDown={onKey}
      >
        {items.map((item) => (
          <button
            key={item.label}
            type="button"
            role="menuitem"
            onClick={() => {
              list.current?.hidePopover();
              item.run();
            }}
          >
            {item.label}
          </button>
        ))}
      </div>
    </>
  );
}
