// What every request that was refused or failed is told as, whoever sent it.

/** A request that did not succeed; `status` is 0 where no answer came. */
export class ApiFailure extends Error {
  readonly status: number;
  /** What the server said, in its own words. */
  readonly detail: string;

  constructor(status: number, detail: string) {
    super(status ? `${status}: ${detail}` : detail);
    this.name = "ApiFailure";
    this.status = status;
    this.detail = detail;
  }

  /** Whether who asks has to say who they are, or may not do this. */
  get concernsIdentity(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/** The words of an answer's body: `detail` or `message` of JSON, else its text. */
export function detailOf(body: string): string {
  try {
    const said: unknown = JSON.parse(body);
    if (typeof said === "string") return said;
    if (said && typeof said === "object") {
      for (const key of ["detail", "message", "error"]) {
        const words: unknown = Reflect.get(said, key);
        if (typeof words === "string") return words;
        if (words && typeof words === "object") return JSON.stringify(words);
      }
    }
  } catch {
    // Not JSON: it is shown as it came.
  }
  return body;
}

/** Any caught value as a failure; knows the SDK's `HTTPError` (`status`, `text`) and what `fetch` throws. */
export function failureOf(caught: unknown): ApiFailure {
  if (caught instanceof ApiFailure) return caught;
  if (caught instanceof Error) {
    const status: unknown = Reflect.get(caught, "status");
    const text: unknown = Reflect.get(caught, "text");
    if (typeof status === "number") {
      return new ApiFailure(status, typeof text === "string" && text ? detailOf(text) : caught.message);
    }
    // The SDK says it in words of its own, which name another server.
    if (caught instanceof TypeError || caught.message.startsWith("Unable to connect to LangGraph server")) return new ApiFailure(0, "The server does not answer: is lgx still running?");
    return new ApiFailure(0, caught.message);
  }
  return new ApiFailure(0, String(caught));
}
