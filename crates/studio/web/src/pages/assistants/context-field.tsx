// The context of an assistant: JSON with a fault's line and column.
import { JsonField } from "../../parts/field.tsx";

interface Props {
  schema: unknown;
  value: string;
  onChange: (value: string) => void;
  fault: string | undefined;
}

export function ContextField({ value, onChange, fault }: Props) {
  return <JsonField label="Context" value={value} onChange={onChange} fault={fault ?? null} hint="What nodes find in `runtime.context`." />;
}
