// A call of a tool and what it answered, as one card: arguments and result, folded when they are long.

import type { Json } from "../api/wire.ts";
import { readJson } from "../model/json-text.ts";
import { plainText } from "../model/message-blocks.ts";
import type { ToolCall, ToolResult } from "../model/messages.ts";
import { FoldedText } from "./folded-text.tsx";
import { JsonView } from "./json-view.tsx";
import { MessageBlock } from "./message-block.tsx";
import { StatusDot, type Tone } from "./status-dot.tsx";
import "./tool-card.css";

const SHORT = 120;

export function ToolCard({ call, streaming }: { call: ToolCall; streaming: boolean }) {
  const { result } = call;
  const [tone, word] = stateOf(call, streaming);
  const line = oneLine(call);
  return (
    <details className="tool-card" open>
      <summary className="tool-card-head">
        <StatusDot tone={tone} pulse={tone === "run" && streaming} />
        <b>{call.name || "a tool without a name"}</b>
        <span className="tool-card-space" />
        <span className="tool-card-word">{word}</span>
      </summary>
      {line !== null && <pre className="tool-card-line">{line}</pre>}
      {line === null && (
        <>
          <div className="tool-card-part">
            <Arguments call={call} />
          </div>
          {result && (
            <div className="tool-card-part tool-card-result">
              <Result result={result} />
            </div>
          )}
        </>
      )}
      {call.error !== null && <p className="tool-card-error">{call.error}</p>}
      {result !== null && result.artifact !== null && (
        <details className="tool-card-artifact">
          <summary>Artifact</summary>
          <JsonView value={result.artifact} label="Artifact" />
        </details>
      )}
    </details>
  );
}

function Arguments({ call }: { call: ToolCall }) {
  const text = call.argsText ?? JSON.stringify(call.args);
  return call.argsText === null && text.length > SHORT ? <JsonView value={call.args} label="Arguments" /> : <pre className="tool-card-text">{text}</pre>;
}

function stateOf(call: ToolCall, streaming: boolean): [Tone, string] {
  if (call.error !== null) return ["bad", "not valid"];
  if (call.result) return call.result.status === "error" ? ["bad", "error"] : ["ok", "ok"];
  return streaming ? ["run", "…"] : ["idle", "asked for"];
}

/** Arguments and answer beside one another, where both are short. */
function oneLine(call: ToolCall): string | null {
  if (call.argsText !== null) return call.result ? null : call.argsText;
  const args = JSON.stringify(call.args);
  if (!call.result) return args.length <= SHORT ? args : null;
  const { content } = call.result;
  const text = plainText(content);
  if (content.some((block) => block.kind !== "text") || text.includes("\n") || args.length + text.length > SHORT) return null;
  return `${args}  →  ${text}`;
}

function jsonOf(text: string): Json | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  const read = readJson(text);
  return read.ok ? read.value : undefined;
}

function Result({ result }: { result: ToolResult }) {
  if (result.content.length === 0) return <span className="tool-card-word">nothing</span>;
  return result.content.map((block, index) => {
    const key = `${index} ${block.kind}`;
    if (block.kind !== "text") return <MessageBlock key={key} block={block} />;
    const value = jsonOf(block.text);
    return value === undefined ? <FoldedText key={key} text={block.text} /> : <JsonView key={key} value={value} label="Result" />;
  });
}
