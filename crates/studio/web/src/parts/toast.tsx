// Short words at the edge of the page about what happened; they go by themselves, therefore failures are never told here.
import { X } from "lucide-react";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { StatusDot, type Tone } from "./status-dot.tsx";
import "./toast.css";

export interface Toast {
  text: ReactNode;
  tone?: Tone;
  action?: { label: string; run: () => void };
  /** Stays until it is closed. */
  stays?: boolean;
  /** Replaces the one of the same name. */
  name?: string;
}

interface Shown extends Toast {
  id: number;
}

const SHOWN_FOR_MS = 5000;
const MOST = 4;

const ToastContext = createContext<(toast: Toast) => void>(() => undefined);

/** Shows a toast. */
export const useToast = (): ((toast: Toast) => void) => useContext(ToastContext);

export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<Shown[]>([]);
  const close = useCallback((id: number) => setShown((now) => now.filter((toast) => toast.id !== id)), []);
  const show = useCallback((toast: Toast) => {
    setShown((now) => {
      const rest = toast.name ? now.filter((other) => other.name !== toast.name) : now;
      const id = Math.max(0, ...now.map((other) => other.id)) + 1;
      return [...rest, { ...toast, id }].slice(-MOST);
    });
  }, []);
  const rows = useMemo(() => shown.map((toast) => <ToastRow key={toast.id} toast={toast} close={close} />), [shown, close]);
  return (
    <ToastContext value={show}>
      {children}
      <div className="toasts" role="status">
        {rows}
      </div>
    </ToastContext>
  );
}

function ToastRow({ toast, close }: { toast: Shown; close: (id: number) => void }) {
  useEffect(() => {
    if (toast.stays) return undefined;
    const timer = setTimeout(() => close(toast.id), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [toast, close]);
  return (
    <div className="toast">
      <StatusDot tone={toast.tone ?? "ok"} pulse={false} />
      <span className="toast-text">{toast.text}</span>
      {toast.action && <Button onClick={toast.action.run}>{toast.action.label}</Button>}
      <Button kind="quiet" icon aria-label="Close" onClick={() => close(toast.id)}>
        <X />
      </Button>
    </div>
  );
}
