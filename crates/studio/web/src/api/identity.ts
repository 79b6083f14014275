// As whom this tab asks: the headers of the identity box, which are secrets and live no longer than the tab.
import { ProjectStorage } from "./storage.ts";
import type { ApiFailure } from "./failure.ts";

export type Headers = Record<string, string>;

/** Sent unless the box has headers: the developer at this machine. */
export const STUDIO_USER: Headers = { "x-auth-scheme": "langsmith" };

/** What the box shows: the headers that are set, and why it opened. */
export interface IdentityState {
  headers: Headers | null;
  /** The last answer that says: not you. */
  refused: ApiFailure | null;
  open: boolean;
}

/** The identity of a tab, for one project at a time. */
export class Identity {
  #kept: ProjectStorage | null = null;
  #projectId: string | null = null;
  #state: IdentityState = { headers: null, refused: null, open: false };
  readonly #listeners = new Set<() => void>();
  readonly #renamed = new Set<() => void>();
  readonly #area: Storage;

  constructor(area: Storage) {
    this.#area = area;
  }

  /** Takes up what was said in this tab for a project; true if requests have other headers from now on. */
  adopt(projectId: string): boolean {
    if (this.#projectId === projectId) return false;
    this.#projectId = projectId;
    this.#kept = new ProjectStorage(projectId, this.#area);
    const before = JSON.stringify(this.#state.headers);
    const headers = this.#kept.get<Headers>("headers", {});
    this.#change({ headers: Object.keys(headers).length ? headers : null });
    return JSON.stringify(this.#state.headers) !== before;
  }

  /** For requests, and the first frame of the socket. */
  headers(): Headers {
    return this.#state.headers ?? STUDIO_USER;
  }

  /** Null: as the Studio user again. */
  use(headers: Headers | null): void {
    this.#kept?.set("headers", headers);
    this.#change({ headers, refused: null, open: false });
    for (const listener of this.#renamed) listener();
  }

  /** Calls when somebody else asks from now on: whatever was answered before is another's. */
  onChange(listener: () => void): () => void {
    this.#renamed.add(listener);
    return () => this.#renamed.delete(listener);
  }

  /** An answer said that this identity may not: the box opens and shows it, once for the same words. */
  refuse(failure: ApiFailure): void {
    if (this.#state.refused?.message === failure.message) return;
    this.#change({ refused: failure, open: true });
  }

  show(open: boolean): void {
    this.#change({ open });
  }

  readonly state = (): IdentityState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #change(part: Partial<IdentityState>): void {
    this.#state = { ...this.#state, ...part };
    for (const listener of this.#listeners) listener();
  }
}
