// Copies a text, and says for a moment that it did.
import { Check, Copy } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Button } from "./button.tsx";

interface Props {
  /** Or what makes it, when it is dear to make. */
  text: string | (() => string);
  /** What is copied: `Copy the thread's id`. */
  label: string;
  /** Instead of an icon alone. */
  children?: ReactNode;
}

export function CopyButton({ text, label, children }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === "string" ? text : text());
    setCopied(true);
  };
  return (
    <Button kind="quiet" icon={!children} aria-label={copied ? "Copied" : label} onClick={() => void copy()}>
      {copied ? <Check /> : <Copy />}
      {children}
    </Button>
  );
}
