// The list of threads: what it shows, finds and deletes.

import type { Client } from "@langchain/langgraph-sdk/client";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ThreadsPage } from "../src/pages/threads.tsx";

const threads = {
  search: vi.fn(),
  count: vi.fn(),
  update: vi.fn(),
  delete: vi.fn(),
};
const findWords = vi.fn();
vi.mock("../src/studio.tsx", () => ({
  useClient: (): Pick<Client, "threads"> => ({ threads: threads as unknown as Client["threads"] }),
  useLgx: () => ({ findWords }),
  useProject: () => ({ graphs: [] }),
  useStudio: () => ({ identity: { refuse: () => undefined } }),
}));

const row = (id: string, metadata: object, message: string | null) => ({
  thread_id: id,
  status: "idle",
  metadata,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  extracted: { message },
});

beforeEach(() => {
  threads.search.mockResolvedValue([
    row("11111111-0000-0000-0000-000000000001", { graph_id: "chat", name: "Refund" }, "hi"),
    row("11111111-0000-0000-0000-000000000002", { graph_id: "chat", custom_name: "Old name" }, "x"),
    row("11111111-0000-0000-0000-000000000003", {}, "Where is my order?"),
  ]);
  threads.count.mockResolvedValue(3);
  threads.update.mockResolvedValue({});
  threads.delete.mockResolvedValue(undefined);
  // Without a layout nothing is in sight, and nothing would be drawn.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(900);
  HTMLDialogElement.prototype.showModal = function showModal() {
    this.open = true;
  };
});
afterEach(() => {
  cleanup();
  vi.clearAllMocks();
});

const show = () =>
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <ThreadsPage />
    </QueryClientProvider>,
  );

test("threads go by their name, by the name that other pages gave, or by their first message", async () => {
  show();
  expect(await screen.findByText("Refund")).toBeTruthy();
  expect(screen.getByText("Old name")).toBeTruthy();
  expect(screen.getByText("Where is my order?")).toBeTruthy();
  expect(screen.getByText("3 threads")).toBeTruthy();
});

test("words are looked for by the server until all threads were looked at, fields are its filter", async () => {
  const found = { ...row("11111111-0000-0000-0000-000000000004", {}, "Hello"), excerpt: "my order is late" };
  findWords.mockResolvedValueOnce({ threads: [found], looked_at: 2, next: "7.1" });
  findWords.mockResolvedValueOnce({ threads: [], looked_at: 1, next: null });
  show();
  await screen.findByText("Refund");
  const box = screen.getByRole("searchbox", { name: "Search threads" });
  fireEvent.change(box, { target: { value: "order user=ada" } });
  await waitFor(() => expect(screen.queryByText("Refund")).toBeNull());
  expect(await screen.findByText("Hello")).toBeTruthy();
  expect((await screen.findByText("order")).tagName).toBe("MARK");
  expect(await screen.findByText("1 of 3 threads")).toBeTruthy();
  const asked = { words: ["order"], metadata: { user: "ada" } };
  expect(findWords.mock.calls.map(([search]) => search)).toEqual([asked, { ...asked, after: "7.1" }]);
  fireEvent.change(box, { target: { value: "user=ada" } });
  await waitFor(() => expect(threads.search).toHaveBeenLastCalledWith(expect.objectContaining({ metadata: { user: "ada" } })));
  expect(threads.count).toHaveBeenLastCalledWith(expect.objectContaining({ metadata: { user: "ada" } }));
});

test("threads are deleted only after it was asked, all that were chosen", async () => {
  show();
  await screen.findByText("Refund");
  fireEvent.click(screen.getByRole("checkbox", { name: "Choose Refund" }));
  fireEvent.click(screen.getByRole("checkbox", { name: "Choose Old name" }));
  fireEvent.click(screen.getByRole("button", { name: "Delete 2…" }));
  expect(threads.delete).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole("button", { name: "Delete 2 threads" }));
  await waitFor(() => expect(threads.delete).toHaveBeenCalledTimes(2));
});

test("a name is kept in the thread's metadata", async () => {
  show();
  await screen.findByText("Refund");
  fireEvent.click(screen.getByRole("button", { name: "Rename Refund" }));
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "Refund of Ada" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(threads.update).toHaveBeenCalledWith("11111111-0000-0000-0000-000000000001", { metadata: { name: "Refund of Ada" } }),
  );
});

test("what the server refuses is said where it was asked", async () => {
  threads.search.mockRejectedValue(new Error("no such thing"));
  show();
  expect((await screen.findByRole("alert")).textContent).toContain("no such thing");
});
