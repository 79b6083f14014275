// A control with its label above, what it is for beneath, and what is wrong with what stands in it.
import { type ReactNode, useId } from "react";
import { JsonEditor } from "./json-editor.tsx";
import "./field.css";

interface FieldProps {
  label: string;
  /** What it means, in a line. */
  hint?: ReactNode;
  fault?: string | null;
  /** Gives the control what ties it to the label and the fault. */
  children: (ties: { id: string; "aria-describedby": string; "aria-invalid": boolean }) => ReactNode;
}

export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId();
  const wrong = fault !== undefined && fault !== null;
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      {children({ id, "aria-describedby": `${id}-note`, "aria-invalid": wrong })}
      <p id={`${id}-note`} className={wrong ? "field-note field-fault" : "field-note"}>
        {wrong ? fault : hint}
      </p>
    </div>
  );
}

interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: ReactNode;
  fault?: string | null;
  placeholder?: string;
  inputMode?: "numeric";
  list?: string;
}

export function TextField({ label, value, onChange, hint, fault, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} fault={fault}>
      {(ties) => <input type="text" spellCheck={false} {...ties} {...rest} value={value} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  );
}

interface JsonFieldProps {
  label: string;
  /** JSON as it is typed; where its form is wrong is said by the editor, anything else by `fault`. */
  value: string;
  onChange: (value: string) => void;
  hint?: ReactNode;
  fault?: string | null;
  rows?: number;
}

export function JsonField({ label, value, onChange, hint, fault, rows = 3 }: JsonFieldProps) {
  return (
    <div className="field">
      <span className="field-label">{label}</span>
      <JsonEditor label={label} text={value} onText={onChange} lines={rows} problem={fault ?? null} />
      {(fault === null || fault === undefined) && <p className="field-note">{hint}</p>}
    </div>
  );
}
