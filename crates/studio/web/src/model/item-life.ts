// How long an item of the store lives: as it is chosen, as a write says it, and as an item that is there has it.

import type { ItemLifetime } from "../api/wire.ts";

/** As `ttl` of a write: minutes, null for ever, undefined for what langgraph.json says. */
export interface ItemLife {
  kind: "default" | "ever" | "minutes";
  minutes: string;
}

export const DEFAULT_LIFE: ItemLife = { kind: "default", minutes: "60" };

/** Of an item that is there: as it lives now, so that a save changes nothing of that. */
export function lifeOf(lifetime: ItemLifetime | undefined): ItemLife {
  if (lifetime === undefined) return DEFAULT_LIFE;
  const { ttl_minutes: minutes } = lifetime;
  return minutes === null ? { ...DEFAULT_LIFE, kind: "ever" } : { kind: "minutes", minutes: String(minutes) };
}

export function lifeFault(life: ItemLife): string | null {
  return life.kind !== "minutes" || Number(life.minutes) > 0 ? null : "Say for how many minutes it lives.";
}

/** What a write says of it. */
export function ttlOf(life: ItemLife): { ttl?: number | null } {
  if (life.kind === "default") return {};
  return { ttl: life.kind === "ever" ? null : Number(life.minutes) };
}
