// What a run is asked for with: the body of `POST /threads/{id}/runs`, from the input, the settings and the breakpoints.

import type { Json, JsonObject } from "../api/wire.ts";

/** What is chosen for the runs of a graph, and kept until it is chosen otherwise. */
export interface RunSettings {
  context: JsonObject;
  recursionLimit: number | null;
  durability: "async" | "sync" | "exit";
  multitask: "enqueue" | "interrupt" | "rollback" | "reject";
  tags: string[];
  metadata: JsonObject;
  /** What is streamed besides what the page needs. */
  moreModes: ExtraMode[];
}

export type ExtraMode = "events" | "debug";
export const EXTRA_MODES: readonly ExtraMode[] = ["events", "debug"];

export const DEFAULT_SETTINGS: RunSettings = {
  context: {},
  recursionLimit: null,
  durability: "async",
  multitask: "enqueue",
  tags: [],
  metadata: {},
  moreModes: [],
};

/** What the page needs to draw a run as it happens. */
export const STREAM_MODES = ["values", "updates", "messages-tuple", "tasks", "checkpoints", "custom"] as const;

/** Nodes before and behind which runs of a graph stop. */
export interface Breakpoints {
  before: string[];
  after: string[];
}

export const NO_BREAKPOINTS: Breakpoints = { before: [], after: [] };

/** What the run begins with. */
export type RunStart =
  | { kind: "input"; input: JsonObject }
  /** From where the thread stands, without anything new. */
  | { kind: "continue" }
  | { kind: "resume"; value: Json };

export interface RunWish {
  assistantId: string;
  start: RunStart;
  settings: RunSettings;
  breakpoints: Breakpoints;
  /** Stops behind the next step, whichever it is. */
  step: boolean;
  /** Where it begins, when not at the newest state. */
  checkpoint: { checkpoint_id: string; checkpoint_ns: string } | null;
}

export function runBody(wish: RunWish): JsonObject {
  const { settings, breakpoints, start } = wish;
  const config: JsonObject = {};
  if (settings.recursionLimit !== null) config.recursion_limit = settings.recursionLimit;
  if (settings.tags.length > 0) config.tags = settings.tags;
  const after = wish.step ? "*" : breakpoints.after;
  return {
    assistant_id: wish.assistantId,
    ...(start.kind === "resume" ? { command: { resume: start.value } } : { input: start.kind === "input" ? start.input : null }),
    ...(Object.keys(config).length > 0 ? { config } : {}),
    ...(Object.keys(settings.context).length > 0 ? { context: settings.context } : {}),
    ...(Object.keys(settings.metadata).length > 0 ? { metadata: settings.metadata } : {}),
    ...(wish.checkpoint ? { checkpoint: { ...wish.checkpoint } } : {}),
    ...(breakpoints.before.length > 0 && !wish.step ? { interrupt_before: breakpoints.before } : {}),
    ...(after.length > 0 ? { interrupt_after: after } : {}),
    ...(settings.durability === "async" ? {} : { durability: settings.durability }),
    multitask_strategy: settings.multitask,
    stream_mode: [...STREAM_MODES, ...settings.moreModes],
    stream_subgraphs: true,
    stream_resumable: true,
  };
}

/** Whether anything differs from what runs have by themselves, to say so where it cannot be seen. */
export function changedSettings(settings: RunSettings): string[] {
  const changed: string[] = [];
  if (Object.keys(settings.context).length > 0) changed.push("context");
  if (settings.recursionLimit !== null) changed.push(`limit ${settings.recursionLimit}`);
  if (settings.durability !== "async") changed.push(`durability ${settings.durability}`);
  if (settings.multitask !== "enqueue") changed.push(settings.multitask);
  if (settings.tags.length > 0) changed.push(settings.tags.length === 1 ? "1 tag" : `${settings.tags.length} tags`);
  if (Object.keys(settings.metadata).length > 0) changed.push("metadata");
  if (settings.moreModes.length > 0) changed.push(settings.moreModes.join(", "));
  return changed;
}
