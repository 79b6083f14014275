// An assistant as it is edited: texts in fields, what is wrong with them, and what a save would send.

import type { Json, JsonObject } from "../api/wire.ts";
import { faultText, readJson } from "./json-text.ts";
import { sameValue } from "./run-alignment.ts";

/** What assistants and their versions have in common. */
export interface AssistantFields {
  name: string;
  description?: string | null;
  config: unknown;
  context: unknown;
  metadata: unknown;
}

export interface AssistantDraft {
  name: string;
  description: string;
  recursionLimit: string;
  /** JSON, also where a form stands for it. */
  context: string;
  /** JSON: the rest of the configuration, as `tags`. */
  config: string;
  metadata: string;
}

export type DraftFaults = Partial<Record<keyof AssistantDraft, string>>;

/** The body of a change; the names are those of the SDK. */
export interface AssistantPatch {
  name?: string;
  description?: string;
  config?: JsonObject;
  metadata?: JsonObject;
}

export function objectOf(value: unknown): JsonObject {
  // What the API answers is JSON.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...(value as JsonObject) } : {};
}

export function jsonOf(value: Json): string {
  return JSON.stringify(value, null, 2);
}

export function draftOf(saved: AssistantFields): AssistantDraft {
  const { recursion_limit: limit, configurable: _, ...rest } = objectOf(saved.config);
  return {
    name: saved.name,
    description: saved.description ?? "",
    recursionLimit: typeof limit === "number" ? String(limit) : "",
    context: jsonOf(contextOf(saved)),
    config: jsonOf(rest),
    metadata: jsonOf(objectOf(saved.metadata)),
  };
}

/** The server keeps the context in `config.configurable` too; one set only there is the context of older graphs. */
function contextOf(saved: AssistantFields): JsonObject {
  const context = objectOf(saved.context);
  return Object.keys(context).length > 0 ? context : objectOf(objectOf(saved.config)["configurable"]);
}

export function draftFaults(draft: AssistantDraft, saved: AssistantFields): DraftFaults {
  const faults: DraftFaults = {};
  if (draft.name.trim() === "") faults.name = "An assistant needs a name.";
  if (draft.recursionLimit.trim() !== "" && !/^[1-9]\d{0,8}$/.test(draft.recursionLimit.trim())) {
    faults.recursionLimit = "A whole number above 0, or nothing for langgraph's own limit.";
  }
  for (const field of ["context", "config", "metadata"] as const) {
    const fault = objectFault(draft[field]);
    if (fault !== null) faults[field] = fault;
  }
  if (faults.config === undefined) {
    const own = ["recursion_limit", "configurable"].find((key) => key in read(draft.config));
    if (own !== undefined) faults.config = `“${own}” has a field of its own above.`;
  }
  if (faults.metadata === undefined) {
    const kept = read(draft.metadata);
    const gone = Object.keys(objectOf(saved.metadata)).filter((key) => !(key in kept));
    if (gone.length > 0) faults.metadata = `The API sets keys of metadata but takes none away: “${gone.join("”, “")}” would stay. Set it to null instead.`;
  }
  return faults;
}

/** Null when a text is a JSON object. */
export function objectFault(text: string): string | null {
  const parsed = readJson(text.trim() === "" ? "{}" : text);
  if (!parsed.ok) return faultText(parsed.fault);
  return typeof parsed.value === "object" && parsed.value !== null && !Array.isArray(parsed.value)
    ? null
    : "This has to be an object: { … }";
}

/** Of a text that has no fault. */
function read(text: string): JsonObject {
  const parsed = readJson(text.trim() === "" ? "{}" : text);
  return parsed.ok ? objectOf(parsed.value) : {};
}

/** The whole configuration of a draft; with `configurable`, from which the server makes the context, so that both can be emptied. */
export function configOf(draft: AssistantDraft): JsonObject {
  const limit = draft.recursionLimit.trim();
  return { ...read(draft.config), ...(limit === "" ? {} : { recursion_limit: Number(limit) }), configurable: read(draft.context) };
}

/** Which fields differ from what is saved; of a draft without faults. */
export function changedFields(draft: AssistantDraft, saved: AssistantFields): (keyof AssistantDraft)[] {
  const before = draftOf(saved);
  const same = {
    name: draft.name.trim() === before.name,
    description: draft.description === before.description,
    recursionLimit: draft.recursionLimit.trim() === before.recursionLimit,
    context: sameValue(read(draft.context), read(before.context)),
    config: sameValue(read(draft.config), read(before.config)),
    metadata: sameValue(read(draft.metadata), read(before.metadata)),
  };
  return (Object.keys(same) as (keyof AssistantDraft)[]).filter((field) => !same[field]);
}

/** Only what changed: the rest of a new version is as in the one before. */
export function patchOf(draft: AssistantDraft, saved: AssistantFields): AssistantPatch {
  const changed = new Set(changedFields(draft, saved));
  const configured = changed.has("recursionLimit") || changed.has("context") || changed.has("config");
  return {
    ...(changed.has("name") ? { name: draft.name.trim() } : {}),
    ...(changed.has("description") ? { description: draft.description } : {}),
    ...(configured ? { config: configOf(draft) } : {}),
    ...(changed.has("metadata") ? { metadata: read(draft.metadata) } : {}),
  };
}

/** What of a version is compared with another: the context once, not as the server keeps it in two places. */
export function versionFacts(version: AssistantFields & { graph_id: string }): JsonObject {
  const { configurable: _, ...config } = objectOf(version.config);
  return {
    name: version.name,
    description: version.description ?? null,
    graph_id: version.graph_id,
    context: contextOf(version),
    config,
    metadata: objectOf(version.metadata),
  };
}
