// What is shown of an edit that does not load: the card with the source, hidden by Esc, gone when it is mended.
import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Diagnostic, ReloadFailure, SourceLines } from "../src/api/wire.ts";
import { ErrorCard } from "../src/parts/error-card.tsx";
import { OverlayProvider, useOverlay } from "../src/shell/overlay.tsx";
import { renderInStudio } from "./with-studio.tsx";

const DIAGNOSTIC: Diagnostic = {
  type: "SyntaxError",
  message: "'(' was never closed",
  file: "src/graph.py",
  line: 3,
  column: 9,
  source: "    return f(",
  function: null,
  traceback: "Traceback (most recent call last):",
  hint: null,
};
const BROKEN: ReloadFailure = { kind: "code", diagnostic: DIAGNOSTIC };

let source: SourceLines;

beforeEach(() => {
  source = { file: "src/graph.py", absolute: "/x/src/graph.py", line: 3, first: 1, lines: ["import x", "def f():", "    return f(", "f()"] };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(source)));
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function Badge() {
  const { failure, shown, show } = useOverlay();
  return failure && !shown ? (
    <button type="button" onClick={() => show(true)}>
      broken
    </button>
  ) : null;
}

const overlay = () => screen.queryByRole("alertdialog", { name: "The new code does not load" });

function open(failure: ReloadFailure | null) {
  return renderInStudio(
    <OverlayProvider>
      <Badge />
    </OverlayProvider>,
    { failed_reload: failure },
  );
}

describe("the overlay", () => {
  it("is not there while all is well", () => {
    open(null);
    expect(overlay()).toBeNull();
  });

  it("names exception, place and what goes on serving, and marks the line", async () => {
    open(BROKEN);
    const card = overlay();
    expect(card?.textContent).toContain("SyntaxError '(' was never closed");
    expect(card?.textContent).toContain("src/graph.py:3:9");
    expect(card?.textContent).toContain("The code of generation 4 goes on serving.");
    await waitFor(() => expect(card?.textContent).toContain("def f():"));
    expect(card?.querySelector("[aria-current]")?.textContent).toBe("3    return f(");
  });

  it("is hidden by Esc, leaves a badge, and comes back from it", () => {
    open(BROKEN);
    act(() => {
      fireEvent.keyDown(document.body, { key: "Escape" });
    });
    expect(overlay()).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "broken" }));
    expect(overlay()).not.toBeNull();
  });

  it("comes back by itself for another failure, and goes when the code is mended", () => {
    const { become } = open(BROKEN);
    fireEvent.keyDown(document.body, { key: "Escape" });
    expect(overlay()).toBeNull();
    become({ failed_reload: { kind: "code", diagnostic: { ...DIAGNOSTIC, line: 4 } } });
    expect(overlay()).not.toBeNull();
    become({ failed_reload: null, generation: 5 });
    expect(overlay()).toBeNull();
    expect(screen.queryByRole("button", { name: "broken" })).toBeNull();
  });

  it("lists what is wrong with the configuration", () => {
    open({ kind: "config", problems: [{ message: "unknown key “graph”", file: "langgraph.json", line: 2, column: 3, hint: "did you mean “graphs”?" }] });
    expect(overlay()?.textContent).toContain("did you mean “graphs”?");
  });

  it("gives the last words of a worker that did not start", () => {
    open({ kind: "worker", message: "Python ended with status 1", last_words: ["no module named x"] });
    expect(overlay()?.textContent).toContain("no module named x");
  });

  it("says in how long the code was loaded again", async () => {
    const { server } = open(null);
    server.dispatchEvent(new Event("open"));
    server.says({ type: "hello", server_id: "server", project_id: "project", version: "1.0.0", generation: 4, last: 0 });
    server.says({ type: "event", topic: "server", id: 1, at: "", event: "reloaded", generation: 5, took_ms: 31, old_runs: ["r"] });
    await waitFor(() => expect(screen.getByRole("status").textContent).toContain("reloaded in 31 ms · generation 5 · 1 run goes on with the old code"));
  });
});

describe("an error's card", () => {
  it("does not mark a line that is another by now", async () => {
    source = { ...source, lines: ["import x", "def f():", "    return g()", "f()"] };
    const { queries } = renderInStudio(<ErrorCard diagnostic={DIAGNOSTIC} />);
    await waitFor(() => expect(queries.getQueryCache().findAll({ queryKey: ["source"] })[0]?.state.status).toBe("success"));
    expect(screen.getByLabelText("Source").textContent).toBe("3    return f(");
  });

  it("shows the line as it was raised when the file does not have it any more", async () => {
    source = { ...source, lines: [] };
    const { queries } = renderInStudio(<ErrorCard diagnostic={DIAGNOSTIC} />);
    await waitFor(() => expect(queries.getQueryCache().findAll({ queryKey: ["source"] })[0]?.state.status).toBe("success"));
    expect(screen.getByLabelText("Source").textContent).toBe("3    return f(");
  });

  it("keeps the traceback folded", () => {
    renderInStudio(<ErrorCard diagnostic={DIAGNOSTIC} />);
    expect(screen.getByText("Traceback").closest("details")?.open).toBe(false);
  });

  it("of unknown place offers no editor", () => {
    renderInStudio(<ErrorCard diagnostic={{ ...DIAGNOSTIC, file: null, line: null, source: null }} />);
    expect(screen.queryByRole("button", { name: /editor/ })).toBeNull();
  });
});
