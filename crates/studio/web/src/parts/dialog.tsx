// A question or a form over the page: the browser's own modal dialog, closed by Esc or a click beside it.
import { X } from "lucide-react";
import { useEffect, useRef, type MouseEvent, type ReactNode } from "react";
import { Button } from "./button.tsx";
import "./dialog.css";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** At the bottom, the main action last. */
  actions?: ReactNode;
  wide?: boolean;
}

export function Dialog({ open, onClose, title, children, actions, wide = false }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!open || !element || element.open) return;
    element.showModal();
    // Where it would begin is the button that closes it; what it asks for comes first.
    const first = element.querySelector<HTMLElement>(":is(.dialog-body :is(input, textarea, select), .dialog-foot button):enabled");
    first?.focus();
  }, [open]);
  if (!open) return null;
  const outside = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };
  return (
    // The dialog itself is only clicked beside its content; Esc closes it for the keyboard.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      className={`dialog ${wide ? "dialog-wide" : ""}`}
      aria-label={title}
      onClose={onClose}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={outside}
    >
      <header className="dialog-head">
        <h2>{title}</h2>
        <Button kind="quiet" icon aria-label="Close" onClick={onClose}>
          <X />
        </Button>
      </header>
      <div className="dialog-body">{children}</div>
      {actions && <footer className="dialog-foot">{actions}</footer>}
    </dialog>
  );
}

interface ConfirmProps {
  open: boolean;
  title: string;
  children: ReactNode;
  /** What the button says: `Delete 3 threads`. */
  action: string;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is done that cannot be taken back. */
export function Confirm({ open, title, children, action, busy = false, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" disabled={busy} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
