// One call of a model, tool or retriever: what went in, what came out, with which tools and parameters, tokens and times.
import { Bot, Search, Wrench } from "lucide-react";
import type { ReactNode } from "react";
import type { Call, Json } from "../api/wire.ts";
import { count, duration, elapsed } from "../model/format.ts";
import { CallValue } from "./call-messages.tsx";
import { CopyButton } from "./copy-button.tsx";
import { Elapsed } from "./elapsed.tsx";
import { JsonView } from "./json-view.tsx";
import { StatusDot, toneOf } from "./status-dot.tsx";
import "./call-card.css";

const ICONS = { model: Bot, tool: Wrench, retriever: Search };

interface Props {
  call: Call;
  open?: boolean;
}

export function CallCard({ call, open = false }: Props) {
  const Icon = ICONS[call.kind];
  return (
    <details className="call-card" open={open} data-call={call.call_id} data-status={call.status}>
      <summary>
        <StatusDot tone={toneOf(call.status)} />
        <Icon aria-hidden="true" />
        <b>{call.kind === "model" ? (call.model ?? call.name) : call.name}</b>
        <span className="call-card-node">{call.node}</span>
        <span className="call-card-space" />
        <Tokens call={call} />
        <FirstToken call={call} />
        <span className="call-card-time">
          <Elapsed from={call.started_at} to={call.ended_at} />
        </span>
      </summary>
      <div className="call-card-body">
        {call.cut && <p className="call-card-note">Parts of this call were too large to be kept and are cut.</p>}
        {call.error !== null && <p className="call-card-error">{call.error}</p>}
        <Part title={call.kind === "model" ? "Prompt" : "Input"} value={call.input}>
          <CallValue value={call.input} label="What went in" />
        </Part>
        {call.output !== null && (
          <Part title={call.kind === "model" ? "Answer" : "Output"} value={call.output}>
            <CallValue value={call.output} label="What came out" />
          </Part>
        )}
        {call.output === null && call.status === "running" && <p className="call-card-note">The answer is not there yet.</p>}
        {call.tools.length > 0 && (
          <Folded title={`Tools offered (${call.tools.length})`}>
            <JsonView value={call.tools} label="Tools offered" />
          </Folded>
        )}
        {Object.keys(call.parameters).length > 0 && (
          <Folded title="Parameters">
            <JsonView value={call.parameters} label="Parameters" />
          </Folded>
        )}
      </div>
    </details>
  );
}

function Tokens({ call }: { call: Call }) {
  if (call.usage === null) return null;
  const { input_tokens, output_tokens, total_tokens } = call.usage;
  return (
    <span className="call-card-tokens" title={`${input_tokens} tokens in, ${output_tokens} out, ${total_tokens} in all`}>
      {count(input_tokens)} → {count(output_tokens)} tok
    </span>
  );
}

function FirstToken({ call }: { call: Call }) {
  if (call.first_token_at === null) return null;
  const ms = elapsed(call.started_at, call.first_token_at, new Date(call.first_token_at));
  return ms === null ? null : <span className="call-card-tokens">first after {duration(ms)}</span>;
}

function Part({ title, value, children }: { title: string; value: Json; children: ReactNode }) {
  return (
    <section className="call-card-part">
      <header>
        <h4>{title}</h4>
        <CopyButton text={() => (typeof value === "string" ? value : JSON.stringify(value, null, 2))} label={`Copy: ${title.toLowerCase()}`} />
      </header>
      {children}
    </section>
  );
}

function Folded({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className="call-card-folded">
      <summary>{title}</summary>
      {children}
    </details>
  );
}
