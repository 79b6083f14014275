// A cron as it is edited: what is wrong with its fields, and what is sent to make or change it.

import type { Json, JsonObject } from "../api/wire.ts";
import { faultText, readJson } from "./json-text.ts";
import { sameJson } from "./json.ts";

/** What of a cron is edited here; the rest of its payload stays as it is. */
export interface CronDraft {
  assistantId: string;
  /** Empty: each run gets a thread of its own. */
  threadId: string;
  schedule: string;
  /** Empty for UTC. */
  timezone: string;
  /** ISO 8601, or empty for no end. */
  endTime: string;
  /** JSON, or empty for none. */
  input: string;
  /** What becomes of the threads of runs that get their own. */
  onRunCompleted: "delete" | "keep";
}

/** As the API tells of it; the SDK's type, as far as it is read. */
export interface CronFacts {
  assistant_id: string;
  thread_id?: string | null | undefined;
  schedule: string;
  timezone?: string | null | undefined;
  end_time?: string | null | undefined;
  on_run_completed?: "delete" | "keep" | null | undefined;
  payload: Record<string, unknown>;
}

export interface CronPatch {
  schedule?: string;
  timezone?: string;
  endTime?: string | null;
  input?: JsonObject;
  onRunCompleted?: "delete" | "keep";
  enabled?: boolean;
}

export interface CronCreation {
  assistantId: string;
  threadId: string | null;
  schedule: string;
  timezone?: string;
  endTime?: string;
  input?: JsonObject;
  onRunCompleted?: "delete" | "keep";
}

export function newCron(assistantId: string): CronDraft {
  return { assistantId, threadId: "", schedule: "0 9 * * *", timezone: "", endTime: "", input: "{}", onRunCompleted: "keep" };
}

export function cronDraft(cron: CronFacts): CronDraft {
  // What the API answers is JSON.
  const input = (cron.payload["input"] ?? null) as Json;
  return {
    assistantId: cron.assistant_id,
    threadId: cron.thread_id ?? "",
    schedule: cron.schedule,
    timezone: cron.timezone ?? "",
    endTime: cron.end_time ?? "",
    input: input === null ? "" : JSON.stringify(input, null, 2),
    onRunCompleted: cron.on_run_completed ?? "keep",
  };
}

export type CronFaults = Partial<Record<keyof CronDraft, string>>;

/** Schedule, zone and end are the server's to judge. */
export function cronFaults(draft: CronDraft): CronFaults {
  const faults: CronFaults = {};
  if (draft.assistantId === "") faults.assistantId = "Choose what it runs.";
  if (draft.schedule.trim() === "") faults.schedule = "Say when it fires.";
  const thread = draft.threadId.trim();
  if (thread !== "" && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(thread)) faults.threadId = "A thread's id is a UUID.";
  const input = readInput(draft.input);
  if (typeof input === "string") faults.input = input;
  return faults;
}

/** The input, undefined for none, or as a text what is wrong with it. */
function readInput(text: string): JsonObject | undefined | string {
  if (text.trim() === "") return undefined;
  const read = readJson(text);
  if (!read.ok) return faultText(read.fault);
  if (Array.isArray(read.value)) {
    const objects = read.value.every((item) => typeof item === "object" && item !== null && !Array.isArray(item));
    // The SDK's type names objects only; the API takes lists of them too.
    return objects ? (read.value as unknown as JsonObject) : "An input is an object, or a list of objects.";
  }
  return typeof read.value === "object" && read.value !== null ? read.value : "An input is an object, or a list of objects.";
}

function inputOf(draft: CronDraft): { input?: JsonObject } {
  const input = readInput(draft.input);
  return input === undefined || typeof input === "string" ? {} : { input };
}

/** Of a draft without faults. */
export function creationOf(draft: CronDraft): CronCreation {
  const thread = draft.threadId.trim();
  return {
    assistantId: draft.assistantId,
    threadId: thread === "" ? null : thread,
    schedule: draft.schedule.trim(),
    ...(draft.timezone.trim() === "" ? {} : { timezone: draft.timezone.trim() }),
    ...(draft.endTime.trim() === "" ? {} : { endTime: draft.endTime.trim() }),
    ...inputOf(draft),
    ...(thread === "" ? { onRunCompleted: draft.onRunCompleted } : {}),
  };
}

/** Only what changed. A zone cannot be taken away by the API, so none is UTC. */
export function cronPatchOf(draft: CronDraft, cron: CronFacts): CronPatch {
  const before = cronDraft(cron);
  const patch: CronPatch = {};
  if (draft.schedule.trim() !== before.schedule) patch.schedule = draft.schedule.trim();
  if (draft.timezone.trim() !== before.timezone) patch.timezone = draft.timezone.trim() || "UTC";
  if (draft.endTime.trim() !== before.endTime) patch.endTime = draft.endTime.trim() || null;
  if (draft.onRunCompleted !== before.onRunCompleted && before.threadId === "") patch.onRunCompleted = draft.onRunCompleted;
  const { input } = inputOf(draft);
  if (input !== undefined && !sameJson(input, (cron.payload["input"] ?? null) as Json)) patch.input = input;
  return patch;
}

export const PRESETS: readonly { words: string; schedule: string }[] = [
  { words: "Every 5 minutes", schedule: "*/5 * * * *" },
  { words: "Every hour", schedule: "0 * * * *" },
  { words: "Daily at 9", schedule: "0 9 * * *" },
  { words: "Weekdays at 9", schedule: "0 9 * * MON-FRI" },
  { words: "Mondays at 9", schedule: "0 9 * * MON" },
  { words: "First of the month", schedule: "0 9 1 * *" },
];

/** `Mon, 30 Nov 2026, 09:00:00` as clocks of the zone say it. A zone that the browser does not know is shown in UTC. */
export function inZone(iso: string, zone: string | null | undefined): string {
  const options: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const at = new Date(iso);
  try {
    return at.toLocaleString("en-GB", { ...options, timeZone: zone ?? "UTC" });
  } catch {
    return `${at.toLocaleString("en-GB", { ...options, timeZone: "UTC" })} UTC`;
  }
}
