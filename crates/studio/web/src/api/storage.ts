// What the browser keeps, under keys of the project: every project served here has the same origin.
import { useCallback, useSyncExternalStore } from "react";
import type { Json } from "./wire.ts";

/** Values of one project in the browser; what cannot be read or written is as if it were not there. */
export class ProjectStorage {
  readonly #prefix: string;
  readonly #area: Storage;
  readonly #listeners = new Set<() => void>();

  constructor(projectId: string, area: Storage) {
    this.#prefix = `lgx:${projectId}:`;
    this.#area = area;
  }

  /** The text kept under a key; null where there is none. */
  text(key: string): string | null {
    try {
      return this.#area.getItem(this.#prefix + key);
    } catch {
      return null;
    }
  }

  get<T extends Json>(key: string, initial: T): T {
    return parsed(this.text(key), initial);
  }

  /** Null removes. */
  set(key: string, value: Json): void {
    try {
      if (value === null) this.#area.removeItem(this.#prefix + key);
      else this.#area.setItem(this.#prefix + key, JSON.stringify(value));
    } catch {
      // A full or forbidden storage only means that nothing is kept.
    }
    for (const listener of this.#listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

function parsed<T extends Json>(text: string | null, initial: T): T {
  if (text === null) return initial;
  try {
    // What is kept under a key was put there by `set` with a value of the same kind.
    const value: T = JSON.parse(text);
    return typeof value === typeof initial || initial === null ? value : initial;
  } catch {
    return initial;
  }
}

/** A kept value as a state of React, the same in every component that uses the key. */
export function useStored<T extends Json>(storage: ProjectStorage, key: string, initial: T): [T, (value: T) => void] {
  const text = useSyncExternalStore(storage.subscribe, () => storage.text(key));
  const set = useCallback((value: T) => storage.set(key, value), [storage, key]);
  return [parsed(text, initial), set];
}
