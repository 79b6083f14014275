// What an event makes old is asked for again, also when an answer that is older than the event is still on its way.

import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { describe, expect, it, vi } from "vitest";
import { goneAfter, Invalidator } from "../src/api/invalidate.ts";
import type { ServerEvent } from "../src/api/wire.ts";

const event = { event: "thread", thread_id: "t", status: "busy" } as unknown as ServerEvent;

/** Asks for a thread; each question is answered by hand. */
function asking() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const invalidator = new Invalidator(queries);
  const answers: ((graph: string) => void)[] = [];
  const observer = new QueryObserver<string>(queries, { queryKey: ["thread", "t"], queryFn: () => new Promise((resolve) => void answers.push(resolve)) });
  const stop = observer.subscribe(() => undefined);
  const seen = (): string | undefined => observer.getCurrentResult().data;
  return { queries, invalidator, answers, seen, stop };
}

it("asks again when an answer comes that is older than an event", async () => {
  const { invalidator, answers, seen, stop } = asking();
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  invalidator.take(event);
  invalidator.take(event);
  await new Promise((resolve) => void setTimeout(resolve, 100));
  expect(answers, "the first answer is not taken back").toHaveLength(1);
  answers[0]?.("before");
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]?.("after");
  await vi.waitFor(() => expect(seen()).toBe("after"));
  expect(answers).toHaveLength(2);
  stop();
});

it("is not deceived by what is put in the place of an answer meanwhile", async () => {
  const { queries, invalidator, answers, seen, stop } = asking();
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  invalidator.everything();
  queries.setQueryData(["thread", "t"], "by hand");
  answers[0]?.("before");
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]?.("after");
  await vi.waitFor(() => expect(seen()).toBe("after"));
  stop();
});

describe("of what was deleted", () => {
  const deleted = { event: "thread", thread_id: "t", status: "deleted" } as unknown as ServerEvent;

  it("nothing is asked, and the page hears that it is gone, with what it knew", async () => {
    const { queries, invalidator, answers, seen, stop } = asking();
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    answers[0]?.("known");
    await vi.waitFor(() => expect(seen()).toBe("known"));
    invalidator.take(event);
    invalidator.take(deleted);
    await new Promise((resolve) => void setTimeout(resolve, 100));
    expect(answers).toHaveLength(1);
    expect(queries.getQueryState(["thread", "t"])).toMatchObject({ status: "error", error: { status: 404 }, data: "known" });
    stop();
  });

  it("an answer that is on its way says nothing any more", async () => {
    const { queries, invalidator, answers, seen, stop } = asking();
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    invalidator.take(deleted);
    answers[0]?.("before");
    await new Promise((resolve) => void setTimeout(resolve, 100));
    expect(seen()).toBeUndefined();
    expect(queries.getQueryState(["thread", "t"])).toMatchObject({ status: "error", fetchStatus: "idle" });
    stop();
  });

  it("all is asked again if there is one of the same id again", async () => {
    const { invalidator, answers, seen, stop } = asking();
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    invalidator.take(deleted);
    invalidator.take(event);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.("new");
    await vi.waitFor(() => expect(seen()).toBe("new"));
    stop();
  });

  it("a run is gone with its calls and lines", () => {
    expect(goneAfter({ event: "run_deleted", run_id: "r", thread_id: "t" } as unknown as ServerEvent)?.queryKeys).toEqual([
      ["run", "r"],
      ["calls", "r"],
      ["logs", "r"],
    ]);
    expect(goneAfter(event)).toBeNull();
  });
});
