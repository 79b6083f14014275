// A button, in three weights: the one action of a place, any other, and one that stands back.
import type { ButtonHTMLAttributes, Ref } from "react";
import "./button.css";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "primary" | "plain" | "quiet" | "danger";
  /** Only an icon: square; give it an `aria-label`, which is also its tooltip. */
  icon?: boolean;
  /** What pressing does without the mouse, shown beside the label: `Esc`, `SEND_KEYS`. */
  keys?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind = "plain", icon = false, keys, className = "", children, title, ...rest }: Props) {
  return (
    <button
      type="button"
      className={`button button-${kind} ${icon ? "button-icon" : ""} ${className}`}
      title={title ?? (icon ? rest["aria-label"] : undefined)}
      {...rest}
    >
      {children}
      {keys && <kbd aria-hidden="true">{keys}</kbd>}
    </button>
  );
}
