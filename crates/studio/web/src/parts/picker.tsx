// One of a list, in a small frame: the browser's own select, so that every keyboard and reader knows it.
import { ChevronDown } from "lucide-react";
import { StatusDot, type Tone } from "./status-dot.tsx";
import "./picker.css";

interface Props {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  onChange: (value: string) => void;
  dot?: Tone;
}

export function Picker({ label, value, options, onChange, dot }: Props) {
  return (
    <label className="picker">
      <span className="visually-hidden">{label}</span>
      {dot && <StatusDot tone={dot} />}
      <select className="picker-select" value={value} title={label} onChange={(event) => onChange(event.target.value)}>
        {options.some((option) => option.value === value) || <option value={value}>{value}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown className="picker-arrow" aria-hidden="true" />
    </label>
  );
}
